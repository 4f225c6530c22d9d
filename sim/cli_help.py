"""The words of ``--help``: plain text, so that it appears at once."""

GENERAL = """\
StockCue rehearses the stock alerts of a live-commerce show (直播间库存预警) before it goes on air.

  stockcue rehearse   play one show many times under several strategies; table, picture, run folder
  stockcue replay     run strategies over a recorded stream: when would each have fired?
  stockcue list       scenarios, strategies, operations, gates, scores, experiments; `list NAME` for one
  stockcue check      does a strategy, yours or a built-in one, keep the contract?
  stockcue bench      time the engine on the reference workload

  stockcue VERB --help for more; stockcue --version

Start here
  stockcue rehearse
  stockcue rehearse scenario=seckill_paydeduct strategy=newsvendor_freeze strategy.co=60 replicates=200 seed=7
  stockcue list

Settings are written key=value (Hydra's syntax). Exit code: 0 well, 1 a check failed, 2 bad input, 130 interrupted."""

REHEARSE = """\
stockcue rehearse [key=value ...] [--cfg]

Plays one scenario `replicates` times under every chosen strategy and under nobody acting (silent). All strategies meet
the same shoppers, so differences are paired. Prints a table, best first, and writes a run folder: scores.parquet (one
row per strategy and replicate), alerts.parquet, assumptions.csv, report.md, manifest.json, timeline pictures.

What to play
  scenario=NAME|FILE.yaml     default first_show; a file may say `base: NAME` and only what differs
  strategy=NAME|[A,B]|all     default: six from a person with a list to live signals; FILE.py is one of your own
  strategy=[low:fixed_count,high:fixed_count]   the same strategy twice, by label
  experiment=NAME             a whole study by name; further words change it
  gate=NAME operations=NAME score=NAME          alert hygiene, who reacts and how fast, what counts (stockcue list)

Anything in them
  scenario.skus.mask.stock=500 scenario.ledger.hold_s=300 scenario.cues.c01.at_s=90
  strategy.co=60              where one strategy is chosen; else strategy.NAME.co=60
  strategy.by_tier.traffic.pi3=0.1              for one tier: traffic 引流款, profit 利润款, longtail 长尾款
  gate.cooldown_s=30 operations.auto_s=0.5 score.co=60

How
  replicates=50               shows per strategy
  seed=1                      same seed, same bytes, whatever the number of workers
  workers=1                   processes
  out=FOLDER                  default runs/SCENARIO-HASH, where the hash names the settings; replaced when complete
  figure=best|all|none|NAME   whose timeline to draw
  figure_sku=auto figure_replicate=0            of which SKU and replicate
  --cfg                       print the composed settings and stop

Examples
  stockcue rehearse scenario=mask_story strategy=[fixed_count,tiered,smart]
  stockcue rehearse scenario=double11 strategy=all replicates=200 workers=2
  stockcue rehearse strategy=[low:fixed_count,high:fixed_count] strategy.low.units=50 strategy.high.units=200
  stockcue rehearse strategy=smart operations=human score=never_oversell
  stockcue rehearse scenario=my_show.yaml strategy=./mine.py out=runs/friday"""

REPLAY = """\
stockcue replay stream=PATH [key=value ...] [--cfg]

Runs strategies over a recorded stream OPEN LOOP: alerts are recorded, nothing follows from them, and demand is what
the recording has. Reports when each strategy would have fired against when stock really ran out. Prints a table and
writes a run folder: table.parquet, sellouts.parquet, alerts.parquet, rejects.csv, report.md, manifest.json, pictures.

What to replay
  stream=PATH                 a file (.csv .tsv .jsonl .parquet, also .gz) or a folder of orders, events or stock levels;
                              stream=example: an invented show that ships with StockCue
  cues=FILE                   cue sheet, as it happened
  stock=5000|{mask: 500}|FILE declared stock: for every SKU, by SKU, or a sheet; orders and events need it
  sku=NAME|[A,B]              only these
  zone=Asia/Shanghai          what times without a zone are in
  start=TIME end=TIME         the part to use, written like the stream's own times
  speedup=1.0                 recorded seconds per second of the show

With what
  strategy=NAME|[A,B]|all  gate=NAME            as in rehearse
  feed=own|second|dashboard|minutes             how often and how late the alert engine gets readings
  horizon_s=1800              an alert counts for a sell-out that comes within this time
  merge_s=600                 sell-outs closer together are one
  out=FOLDER  figure=all|none  figure_sku=auto  --cfg

Examples
  stockcue replay stream=example zone=Asia/Shanghai
  stockcue replay stream=friday_orders.csv stock=stock.csv cues=run_of_show.csv zone=Asia/Shanghai
  stockcue replay stream=friday/ strategy=all feed=dashboard"""

LIST = """\
stockcue list [KIND|NAME]

Without a word: every scenario, strategy, operations playbook, gate, score profile, feed and experiment, one line each.
  stockcue list strategies    one kind only
  stockcue list smart         one of them in full: a strategy's settings with bounds, units and sources, or what a
                              scenario holds"""

CHECK = """\
stockcue check NAME|FILE.py ... | all

Tries a strategy against the contract: it answers levels 0 to 3, is deterministic, does not look ahead, keeps to its
own memory, survives extreme readings and settings at their bounds, lets go after a restock, imports nothing that
could show it the future, and compiles. Exit code 1 if a rule is broken; a warning breaks nothing.

Examples
  stockcue check smart
  stockcue check ./mine.py"""

BENCH = """\
stockcue bench [--quick]

Checks that the oracle and the compiled engine agree bit for bit, then times both on this machine. --quick leaves out
the promotion night."""

HELP = {"": GENERAL, "rehearse": REHEARSE, "replay": REPLAY, "list": LIST, "check": CHECK, "bench": BENCH}
