// A table of any length: only rows in sight exist; columns sort, cells are filtered; arrow keys move, Enter chooses.
"use strict";
(function () {
  var HEIGHT = 27, MARGIN = 8;

  /** columns: [{name, unit, value(k), text(k), right}]. chosen(k): what a click does. */
  SC.Table = function (place, label, columns, count, chosen) {
    var self = this;
    self.columns = columns; self.count = count; self.chosen = chosen; self.filters = []; self.by = null; self.down = false; self.at = -1;
    self.order = []; self.base = null; self.marked = {};
    self.box = SC.make("div", { class: "scroll virtual", tabindex: "0", role: "region", "aria-label": label });
    var table = SC.make("table", { "aria-rowcount": String(count + 1) }), head = SC.make("thead"), row = SC.make("tr"), finds = SC.make("tr", { class: "screen" });
    columns.forEach(function (c, k) {
      var th = SC.make("th", { scope: "col", class: c.right ? "r" : "", "aria-sort": "none" }), button = SC.make("button", { type: "button" }, c.name);
      button.addEventListener("click", function () { self.sort(k); });
      th.appendChild(button);
      if (c.unit) { th.appendChild(SC.make("small", {}, c.unit)); }
      row.appendChild(th);
      var cell = SC.make("th", { class: c.right ? "r" : "", "aria-label": SC.say("filter {column}", { column: c.name }) });
      var find = SC.make("input", { size: c.right ? "7" : "10", "aria-label": SC.say("filter {column}", { column: c.name }), placeholder: c.right ? ">0" : "…" });
      find.addEventListener("input", function () { self.filters[k] = find.value.trim(); self.refresh(); });
      cell.appendChild(find);
      finds.appendChild(cell);
    });
    head.appendChild(row); head.appendChild(finds);
    self.head = row; self.body = SC.make("tbody");
    table.appendChild(head); table.appendChild(self.body);
    self.box.appendChild(table);
    self.told = SC.make("p", { class: "small", "aria-live": "polite" });
    place.appendChild(self.box); place.appendChild(self.told);
    self.box.addEventListener("scroll", function () { self.draw(false); });
    self.box.addEventListener("keydown", function (event) { self.key(event); });
    window.addEventListener("beforeprint", function () { self.draw(true); });
    window.addEventListener("afterprint", function () { self.draw(false); });
  };

  /** Whether a cell passes a filter: >5, <=3, =2, a range 1..4, else part of its text. */
  SC.passes = function (value, text, filter) {
    if (!filter) { return true; }
    var span = /^(-?[\d.eE]+)\.\.(-?[\d.eE]+)$/.exec(filter), sign = /^(<=|>=|<|>|=)\s*(-?[\d.,eE]+)$/.exec(filter);
    if (typeof value === "number" && span) { return value >= +span[1] && value <= +span[2]; }
    if (typeof value === "number" && sign) {
      var x = +sign[2].replace(/,/g, "");
      return { "<": value < x, ">": value > x, "<=": value <= x, ">=": value >= x, "=": value === x }[sign[1]];
    }
    return String(text).toLowerCase().indexOf(filter.toLowerCase()) >= 0;
  };

  SC.Table.prototype.sort = function (k) {
    this.down = this.by === k ? !this.down : this.columns[k].right;
    this.by = k;
    var down = this.down;
    Array.from(this.head.children).forEach(function (th, n) {
      th.setAttribute("aria-sort", n !== k ? "none" : down ? "descending" : "ascending");
    });
    this.refresh();
  };

  /** base: the order where no column is sorted by. */
  SC.Table.prototype.refresh = function (base) {
    var self = this;
    if (base) { self.base = base; }
    var rows = (self.base || Array.from({ length: self.count }, function (v, k) { return k; })).filter(function (k) {
      return self.columns.every(function (c, n) { return !self.filters[n] || SC.passes(c.value(k), c.text(k), self.filters[n]); });
    });
    if (self.by !== null) {
      var value = self.columns[self.by].value, sign = self.down ? -1 : 1;
      rows.sort(function (a, b) {
        var x = value(a), y = value(b);
        if (x === y) { return 0; }
        if (x === null || x !== x) { return 1; }
        if (y === null || y !== y) { return -1; }
        return (x < y ? -1 : 1) * sign;
      });
    }
    self.order = rows;
    self.told.textContent = SC.say("{n} of {all} candidates", { n: SC.number(rows.length, 0), all: SC.number(self.count, 0) });
    self.draw(false);
  };

  SC.Table.prototype.draw = function (printing) {
    var self = this, seen = printing ? 60 : Math.ceil(480 / HEIGHT) + 2 * MARGIN;
    var first = printing ? 0 : Math.max(0, Math.floor(self.box.scrollTop / HEIGHT) - MARGIN), last = Math.min(self.order.length, first + seen);
    var made = document.createDocumentFragment();
    var gap = function (rows) {
      if (rows > 0) { made.appendChild(SC.make("tr", { "aria-hidden": "true", style: "height:" + rows * HEIGHT + "px" })); }
    };
    gap(first);
    for (var r = first; r < last; r++) { made.appendChild(self.row(self.order[r], r)); }
    if (!printing) { gap(self.order.length - last); }
    self.body.textContent = "";
    self.body.appendChild(made);
  };

  SC.Table.prototype.row = function (k, place) {
    var self = this, tr = SC.make("tr", { "aria-rowindex": String(place + 2), style: "height:" + HEIGHT + "px" });
    if (self.marked[k]) { tr.className = self.marked[k]; }
    if (k === self.at) { tr.className += " chosen"; tr.setAttribute("aria-selected", "true"); }
    self.columns.forEach(function (c) {
      var td = SC.make("td", { class: c.right ? "r" : "" });
      td.appendChild(SC.make(c.right ? "span" : "bdi", {}, c.text(k)));
      tr.appendChild(td);
    });
    tr.addEventListener("click", function () { self.choose(k); });
    return tr;
  };

  SC.Table.prototype.choose = function (k) { this.at = k; this.draw(false); this.chosen(k); };

  SC.Table.prototype.key = function (event) {
    var step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key];
    if (event.target.tagName === "INPUT" || (!step && event.key !== "Enter")) { return; }
    if (event.target.tagName === "BUTTON" && event.key === "Enter") { return; }
    event.preventDefault();
    if (event.key === "Enter") { if (this.at >= 0) { this.chosen(this.at); } return; }
    var now = this.order.indexOf(this.at), next = Math.max(0, Math.min(this.order.length - 1, now < 0 ? 0 : now + step));
    this.at = this.order[next];
    if (next * HEIGHT < this.box.scrollTop || (next + 3) * HEIGHT > this.box.scrollTop + this.box.clientHeight) { this.box.scrollTop = next * HEIGHT - 120; }
    this.draw(false);
  };
})();
