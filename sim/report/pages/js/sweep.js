// A sweep: prices to move, every candidate in a table, pictures that follow, and a click that opens what happened.
"use strict";
(function () {
  var COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442", "#8A8A8A"];
  var MARKERS = ["circle", "square", "triangle", "diamond", "inverted_triangle", "plus", "star", "hex"];
  var WORDS = {
    gmv: ["GMV", "CNY"], oversold_units: ["oversold", "units"], session_oversold: ["shows with an oversell", "%"], missed_units: ["missed", "units"],
    missed_gmv: ["missed, CNY", "CNY"], notices_per_operator_hour: ["notices an hour", "1/h"], alerts: ["alerts", ""], recall: ["recall", "%"]
  };
  function sliders(place, data, moved) {
    var names = [SC.say("bought later or elsewhere in the shop by those refused"), "", SC.say("cost of a notice [CNY]"), SC.say("cost of an annoyance [CNY]")];
    names[1] = { co: SC.say("compensation for an oversold unit [CNY]"), co_ratio: SC.say("compensation, times what a refused unit loses"),
      co_share: SC.say("compensation, share of the price") }[data.setting];
    var tops = [1, { co: 100, co_ratio: 40, co_share: 3 }[data.setting], 20, 10];
    tops = tops.map(function (top, k) { return k ? Math.max(top, 2 * data.prices[k]) : top; });
    var form = SC.make("form", { class: "sliders", "aria-label": SC.say("What things cost") }), now = data.prices.slice(), parts = [];
    form.addEventListener("submit", function (e) { e.preventDefault(); });
    names.forEach(function (name, k) {
      var label = SC.make("label", {}, name + " "), value = SC.make("output", {});
      var input = SC.make("input", { type: "range", min: "0", max: String(tops[k]), step: String(tops[k] / 1000), id: "price-" + k, "aria-label": name });
      var track = SC.make("div", { class: "track", "aria-hidden": "true" });
      input.value = String(now[k]);
      label.appendChild(value); label.appendChild(input); label.appendChild(track); form.appendChild(label);
      input.addEventListener("input", function () { now[k] = +input.value; moved(now); });
      parts.push({ input: input, value: value, track: track, top: tops[k] });
    });
    var back = SC.make("button", { type: "button" }, SC.say("as played"));
    back.addEventListener("click", function () {
      now = data.prices.slice();
      parts.forEach(function (p, k) { p.input.value = String(now[k]); });
      moved(now);
    });
    form.appendChild(back);
    place.appendChild(form);
    return { mark: function () {
      parts.forEach(function (p, k) {
        p.value.textContent = SC.number(now[k], 3);
        p.track.textContent = "";
        SC.switches(data, now, k, 0, p.top).slice(0, 40).forEach(function (s) {
          var text = SC.say("at {x} the best changes from {a} to {b}", { x: SC.number(s[0], 3), a: data.candidate[s[1]], b: data.candidate[s[2]] });
          p.track.appendChild(SC.make("i", { style: "left:" + (100 * s[0] / p.top).toFixed(2) + "%", title: text }));
        });
      });
    } };
  }

  function columnsOf(data, state) {
    var made = [
      { name: SC.say("candidate"), value: function (k) { return data.candidate[k]; }, text: function (k) { return data.candidate[k]; } },
      { name: SC.say("net"), unit: SC.say("CNY"), right: true, value: function (k) { return state.net[k]; }, text: function (k) {
        return SC.number(state.net[k], 0) + (state.half ? " ±" + SC.number(state.half[k], 0) : ""); } }
    ];
    if (data.behind) {
      made.push({ name: SC.say("behind the best, as played"), unit: SC.say("CNY"), right: true, value: function (k) { return data.behind[k]; }, text: function (k) {
        return SC.number(data.behind[k], 0) + (isFinite(data.behind_low[k]) ? " [" + SC.number(data.behind_low[k], 0) + ", " + SC.number(data.behind_high[k], 0) + "]" : ""); } });
    }
    data.figures.forEach(function (name) {
      var words = WORDS[name] || [name, ""];
      made.push({ name: SC.say(words[0]), unit: SC.say(words[1]), right: true, value: function (k) { return data[name][k]; }, text: function (k) { return SC.number(data[name][k]); } });
    });
    data.varied.forEach(function (name, n) {
      var values = data["v" + n], figures = values instanceof Float64Array;
      made.push({ name: name, right: figures, value: function (k) { return values[k]; }, text: function (k) {
        return values[k] === null || values[k] !== values[k] ? "–" : figures ? String(+values[k].toPrecision(6)) : String(values[k]); } });
    });
    return made;
  }

  function pick(form, words, options, changed) {
    var label = SC.make("label", {}, words + " "), select = SC.make("select", {});
    options.forEach(function (o) { select.appendChild(SC.make("option", { value: o[0] }, o[1])); });
    select.addEventListener("change", changed);
    label.appendChild(select); form.appendChild(label);
    return select;
  }

  SC.sweep = async function (place, id, timelines) {
    var data = await SC.unpack(id), n = data.candidate.length, state = { net: data.net, half: null };
    data.figures.filter(function (f) { return (WORDS[f] || [])[1] === "%"; }).forEach(function (f) { data[f] = data[f].map(function (v) { return 100 * v; }); });
    SC.data = data; SC.state = state;
    var families = Array.from(new Set(data.family)), shown = Float64Array.from(data.net), waiting = 0, first = true;
    place.appendChild(SC.make("p", { class: "small screen" }, SC.say("Move a price and everything is ranked anew by net, from what was kept of every show; red marks under a slider are the prices at which the best changes. The verdict above holds for the prices it was played with.")));
    var told = SC.make("p", { class: "readout", "aria-live": "polite" }), bars = data.base ? sliders(place, data, moved) : null;
    place.appendChild(told);
    var note = SC.make("p", { class: "small", "aria-live": "polite" });
    var table = new SC.Table(place, SC.say("All candidates"), columnsOf(data, state), n, chosen);
    place.appendChild(note);
    for (var k = 0; k < n; k++) { if (data.tied[k]) { table.marked[k] = "tied"; } }
    var source = new Bokeh.ColumnDataSource({ data: { oversold: data.oversold_units || new Float64Array(n), missed: data.missed_gmv || new Float64Array(n),
      notices: data.notices_per_operator_hour || new Float64Array(n), net: shown, name: data.candidate,
      colour: data.family.map(function (f) { return COLOURS[families.indexOf(f) % COLOURS.length]; }),
      marker: data.family.map(function (f) { return MARKERS[families.indexOf(f) % MARKERS.length]; }), size: Array.from(data.tied, function (t) { return t ? 11 : 7; }) } });
    place.appendChild(SC.make("h3", {}, SC.say("What is given for what")));
    place.appendChild(SC.make("p", { class: "small" }, SC.say("{marks}. Draw a box in one picture: the same candidates are marked in all, and alone in the table; large marks cannot be told apart from the best.", {
      marks: families.slice(0, 8).map(function (f, k) { return f + " " + SC.say(MARKERS[k]); }).join(SC.say(", ")) })));
    await SC.fronts(place, source);
    source.selected.js_property_callbacks = { "change:indices": [new Bokeh.CustomJS({ code: "SC.brushed(cb_obj.indices)" })] };
    SC.source = source;
    SC.brushed = function (rows) {
      var order = SC.ranked(state.net), wanted = new Set(rows);
      table.refresh(rows.length ? order.filter(function (k) { return wanted.has(k); }) : order);
    };
    var pictures = await SC.dials(place, data, state, families, pick, WORDS);

    function moved(prices) {
      state.net = SC.net(data, prices); state.half = SC.half(data, prices);
      var order = SC.ranked(state.net), best = order[0], next = order[1];
      var lead = next === undefined ? 0 : state.net[best] - state.net[next];
      told.textContent = SC.say("Best at these prices: {best}, net {net} CNY a show{half}; {lead} CNY ahead of {next}.", {
        best: data.candidate[best], net: SC.number(state.net[best], 0), half: state.half ? " ±" + SC.number(state.half[best], 0) : "",
        lead: SC.number(lead, 0), next: next === undefined ? "–" : data.candidate[next] });
      shown.set(state.net);
      table.refresh(order);
      // Pictures and marks follow when the hand rests: the table must keep up with it.
      window.clearTimeout(waiting);
      waiting = window.setTimeout(follow, first ? 0 : 120);
      first = false;
    }
    function follow() {
      pictures.refresh();
      if (bars) { bars.mark(); }
    }
    function chosen(k) {
      source.selected.indices = [k];
      if (timelines && timelines.choose(data.candidate[k])) {
        note.textContent = SC.say("{name}: its timeline is shown below.", { name: data.candidate[k] });
        document.getElementById("timelines").scrollIntoView({ behavior: "smooth" });
        return;
      }
      var own = data.keys.map(function (key, m) { return [key, data["v" + m][k]]; }).filter(function (p) { return p[1] !== null && p[1] === p[1]; });
      var command = [data.command].concat(data.entry[k] ? ["strategy=" + data.entry[k]] : [], own.map(function (p) { return p[0] + "=" + p[1]; })).join(" ");
      note.textContent = SC.say("{name}: timelines were kept of the leaders alone; this one is played by: {command}", { name: data.candidate[k], command: command });
    }
    moved(data.prices.slice());
  };

  /** Response curve and heat map with their choices. */
  SC.dials = async function (place, data, state, families, pick, words) {
    var all = data.varied.map(function (name, n) { return [String(n), name]; }).filter(function (d) { return data["v" + d[0]] instanceof Float64Array; });
    if (!all.length) { return { refresh: function () {} }; }
    /** Dials that candidates of a strategy differ in. */
    function own(name) {
      return all.filter(function (d) {
        var values = new Set(Array.from(data["v" + d[0]]).filter(function (v, k) { return data.family[k] === name && isFinite(v); }));
        return values.size > 1;
      });
    }
    families = families.filter(function (f) { return own(f).length; });
    if (!families.length) { return { refresh: function () {} }; }
    place.appendChild(SC.make("h3", {}, SC.say("What a dial does")));
    var form = SC.make("form", { class: "choices", "aria-label": SC.say("What a dial does") }), pair = SC.make("div", { class: "pair" }), left = SC.make("div"), right = SC.make("div");
    form.addEventListener("submit", function (e) { e.preventDefault(); });
    place.appendChild(form); pair.appendChild(left); pair.appendChild(right); place.appendChild(pair);
    var figures = [["net", ["net", "CNY"]]].concat(data.figures.map(function (f) { return [f, words[f] || [f, ""]]; })).map(function (f) {
      return [f[0], SC.say(f[1][0]) + (f[1][1] ? " [" + SC.say(f[1][1]) + "]" : "")]; });
    // The one with most dials first: it has a map.
    families.sort(function (a, b) { return own(b).length - own(a).length; });
    var family = pick(form, SC.say("strategy"), families.map(function (f) { return [f, f]; }), function () { fill(); refresh(); });
    var figure = pick(form, SC.say("figure"), figures, refresh), x = pick(form, SC.say("dial"), [], refresh), y = pick(form, SC.say("second dial"), [], refresh);
    var most = Math.max.apply(null, families.map(function (f) { return own(f).length; }));
    function fill() {
      var dials = own(family.value);
      [x, y].forEach(function (select, k) {
        select.textContent = "";
        dials.forEach(function (d) { select.appendChild(SC.make("option", { value: d[0] }, d[1])); });
        select.value = (dials[k] || dials[0])[0];
      });
      y.parentNode.style.display = right.style.display = dials.length > 1 ? "" : "none";
    }
    fill();
    var curve = SC.curve(left), heat = most > 1 ? SC.heat(right) : null;
    function rows() {
      var made = [], value = figure.value === "net" ? state.net : data[figure.value];
      for (var k = 0; k < data.candidate.length; k++) {
        if (data.family[k] !== family.value || !isFinite(data["v" + x.value][k])) { continue; }
        var half = figure.value === "net" && state.half ? state.half[k] : 0;
        made.push({ x: data["v" + x.value][k], y: value[k], z: value[k], low: value[k] - half, high: value[k] + half, name: data.candidate[k], tied: data.tied[k], k: k });
      }
      return made;
    }
    function refresh() {
      var dials = own(family.value), shown = rows(), what = figure.selectedOptions[0].textContent;
      if (!shown.length) { return; }
      curve.update(shown, dials.length === 1, data.varied[+x.value], what, COLOURS[Array.from(new Set(data.family)).indexOf(family.value) % COLOURS.length]);
      if (heat && dials.length > 1) {
        var both = shown.filter(function (r) { return isFinite(data["v" + y.value][r.k]); }).map(function (r) { return Object.assign({}, r, { y: data["v" + y.value][r.k] }); });
        if (both.length) { heat.update(both, data.varied[+x.value], data.varied[+y.value], what); }
      }
    }
    refresh();
    await curve.open();
    if (heat) { await heat.open(); }
    return { refresh: refresh };
  };
})();
