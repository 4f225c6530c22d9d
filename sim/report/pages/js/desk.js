// The what-if desk: a dial is dragged, the latest wish is played, answers of older ones are dropped.
"use strict";
(function () {
  var COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000", "#8A8A8A"];
  var DASHES = ["solid", "dashed", "dotted", "dotdash", "dashdot", "solid", "dashed", "dotted"];
  var HEADS = [["net", "net"], ["gmv", "GMV"], ["oversold_units", "oversold"], ["missed_units", "missed"], ["notices_per_operator_hour", "notices an hour"]];

  SC.desk = function (given) {
    var rests = [], bar = document.getElementById("bar"), values = {}, now = null, waiting = 0, view = null, lines = null, state = document.getElementById("state");
    var form = document.getElementById("dials");
    form.addEventListener("submit", function (e) { e.preventDefault(); });
    var later = document.getElementById("world");
    given.dials.forEach(function (d) {
      var unit = d.unit ? " " + d.unit : "", group = d.world ? later : form;
      var label = SC.make("label", {}, d.label + " "), told = SC.make("output", {}, SC.number(d.value, 3) + unit);
      var input = SC.make("input", { type: "range", min: d.low, max: d.high, step: d.whole ? 1 : (d.high - d.low) / 500, "data-key": d.key, "aria-label": d.label });
      input.defaultValue = String(d.value); input.value = String(d.value);
      if (d.meaning) { label.title = d.meaning; }
      var rest = function () { input.value = String(d.value); told.textContent = SC.number(d.value, 3) + unit; };
      rests.push(rest);
      input.addEventListener("input", function () {
        values[d.key] = +input.value;
        told.textContent = SC.number(+input.value, 3) + unit;
        window.clearTimeout(waiting);
        waiting = window.setTimeout(ask, 25);
      });
      label.appendChild(told); label.appendChild(input); group.appendChild(label);
    });
    var save = SC.make("button", { type: "button", id: "save" }, SC.say("save as an experiment"));
    save.addEventListener("click", async function () {
      var answer = await (await send("/save")).json();
      state.textContent = answer.saved ? SC.say("saved: {path}", { path: answer.saved }) : answer.error;
    });
    var back = SC.make("button", { type: "button", id: "back" }, SC.say("all dials back"));
    back.addEventListener("click", function () {
      values = {};
      rests.forEach(function (rest) { rest(); });
      ask();
    });
    document.getElementById("buttons").appendChild(back); document.getElementById("buttons").appendChild(save);

    function send(where, signal) {
      return fetch(where, { method: "POST", headers: { "X-Token": given.token }, body: JSON.stringify(values), signal: signal });
    }
    async function ask() {
      if (now) { now.abort(); }
      var mine = now = new AbortController(), began = performance.now();
      try {
        var answer = await send("/play", mine.signal);
        if (!answer.ok) { state.textContent = (await answer.json()).error; return; }
        var reader = answer.body.getReader(), rest = "", decoder = new TextDecoder();
        for (;;) {
          var part = await reader.read();
          if (part.done || mine !== now) { break; }
          rest += decoder.decode(part.value, { stream: true });
          var parts = rest.split("\n");
          rest = parts.pop();
          for (var k = 0; k < parts.length; k++) { await show(JSON.parse(parts[k]), performance.now() - began); }
        }
      } catch (error) {
        if (error.name !== "AbortError") { state.textContent = SC.say("The desk does not answer: {why}", { why: error.message }); }
      }
    }
    async function show(answer, ms) {
      if (answer.error) { state.textContent = answer.error; return; }
      var text = SC.say("{done} of {of} shows played again, {ms} ms", { done: answer.done, of: answer.of, ms: SC.number(ms, 0) });
      if (answer.of < answer.wished) { text += SC.say("; {of} of the {wished} wished for fit into 1 GB", { of: answer.of, wished: answer.wished }); }
      if (answer.soon < answer.of) { text += SC.say("; {soon} of them within {within} s, the others refine the figures afterwards", { soon: answer.soon, within: answer.within }); }
      state.textContent = text;
      bar.max = answer.of; bar.value = answer.done;
      table(answer.table);
      await curve(answer.table);
      if (answer.timeline) { document.getElementById("of").textContent = SC.say("{item} in the first show, under {strategy}: the item in most trouble", { item: answer.timeline.sku, strategy: answer.timeline.strategy }); }
      if (answer.timeline) {
        if (!view) {
          view = new SC.View(document.getElementById("timeline"), given.hour);
          view.show(answer.timeline);
          await view.open();
        } else { view.show(answer.timeline); }
      }
      SC.answer = answer;
      document.documentElement.setAttribute("data-state", answer.done === answer.of ? "ready" : "playing");
    }
    function table(rows) {
      var place = document.getElementById("figures"), head = SC.make("tr"), body = SC.make("tbody"), top = SC.make("thead");
      head.appendChild(SC.make("th", { scope: "col" }, SC.say("strategy")));
      HEADS.forEach(function (h) { head.appendChild(SC.make("th", { scope: "col", class: "r" }, SC.say(h[1]))); });
      rows.forEach(function (r) {
        var tr = SC.make("tr");
        tr.appendChild(SC.make("td", {}, r.strategy));
        HEADS.forEach(function (h) {
          var v = r[h[0]], text = SC.number(v[0]) + (v[1] === null ? "" : " [" + SC.number(v[1]) + ", " + SC.number(v[2]) + "]");
          tr.appendChild(SC.make("td", { class: "r" }, text));
        });
        body.appendChild(tr);
      });
      place.textContent = "";
      top.appendChild(head); place.appendChild(top); place.appendChild(body);
    }
    async function curve(rows) {
      var data = rows.map(function (r) {
        return { x: r.shows.map(function (v, k) { return 100 * (k + 0.5) / r.shows.length; }), y: r.shows };
      });
      if (lines) { data.forEach(function (d, k) { lines[k].data = d; }); return; }
      lines = data.map(function (d) { return new Bokeh.ColumnDataSource({ data: d }); });
      var plot = Bokeh.Plotting.figure({ height: 240, sizing_mode: "stretch_width", tools: "reset", toolbar_location: null,
        x_axis_label: SC.say("% of shows"), y_axis_label: SC.say("net") + " [" + SC.say("CNY") + "]" });
      plot.yaxis.formatter = new Bokeh.NumeralTickFormatter({ format: "0,0" });
      lines.forEach(function (source, k) {
        plot.step({ x: { field: "x" }, y: { field: "y" }, mode: "center", source: source, line_color: COLOURS[k % 8], line_dash: DASHES[k % 8], line_width: 2, legend_label: SC.spelt(rows[k].strategy) });
      });
      var target = SC.make("div", { class: "chart" });
      document.getElementById("curve").appendChild(target);
      SC.above(plot, target.clientWidth, 240);
      await SC.draw(plot, target);
    }
    ask();
  };
})();
