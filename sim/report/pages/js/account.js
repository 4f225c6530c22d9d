// The account of a sweep with other prices: net is linear in each of them, so nothing is played again.
// net = base + recapture * refused_margin - compensation * cancelled - notice * alerts_handled - annoyance * annoyances
"use strict";
(function () {
  /** What each quantity is multiplied with. A compensation given as a ratio is one of what a refused unit loses. */
  function factors(data, prices) {
    var over = data.setting === "co_ratio" ? prices[1] * (1 - prices[0]) : prices[1];
    return [prices[0], -over, -prices[2], -prices[3]];
  }
  SC.QUANTITIES = ["refused_margin", "cancelled", "alerts_handled", "annoyances"];

  /** Net of every candidate [CNY a show]. */
  SC.net = function (data, prices) {
    if (!data.base) { return data.net; }
    var f = factors(data, prices), made = new Float64Array(data.base.length);
    for (var k = 0; k < made.length; k++) {
      var total = data.base[k];
      for (var q = 0; q < 4; q++) { total += f[q] * data[SC.QUANTITIES[q]][k]; }
      made[k] = total;
    }
    return made;
  };

  /** Half the width of each net's 95 % interval; null where shows do not tell. */
  SC.half = function (data, prices) {
    if (!data.cov || !data.t) { return null; }
    var w = [1].concat(factors(data, prices)), n = data.candidate.length, made = new Float64Array(n);
    for (var k = 0; k < n; k++) {
      var total = 0, at = 15 * k;
      for (var i = 0; i < 5; i++) {
        for (var j = i; j < 5; j++) { total += (i === j ? 1 : 2) * w[i] * w[j] * data.cov[at++]; }
      }
      made[k] = data.t * Math.sqrt(Math.max(0, total));
    }
    return made;
  };

  /** Candidates by net, best first; equal ones in their order. */
  SC.ranked = function (net) {
    var order = Array.from(net, function (v, k) { return k; });
    order.sort(function (a, b) { return (isNaN(net[b]) ? -Infinity : net[b]) - (isNaN(net[a]) ? -Infinity : net[a]) || a - b; });
    return order;
  };

  /** Prices between low and high at which the best candidate changes while the other three stay: [price, from, to], exact. */
  SC.switches = function (data, prices, which, low, high) {
    if (!data.base) { return []; }
    var at = function (x) { var p = prices.slice(); p[which] = x; return SC.net(data, p); };
    var a = at(low), b = at(high), n = a.length, found = [], x = low, now = SC.ranked(a)[0];
    // Of several that are best at the start the one that stays best counts.
    for (var k = 0; k < n; k++) { if (a[k] === a[now] && b[k] > b[now]) { now = k; } }
    for (var step = 0; step < n; step++) {
      var next = -1, cross = Infinity;
      for (k = 0; k < n; k++) {
        var gain = (b[k] - a[k]) - (b[now] - a[now]);
        if (!(gain > 0)) { continue; }
        var where = low + (high - low) * (a[now] - a[k]) / gain;
        if (where >= x - 1e-12 && (where < cross || (where === cross && b[k] > b[next]))) { cross = where; next = k; }
      }
      if (next < 0 || cross >= high) { break; }
      if (cross > low) { found.push([cross, now, next]); }
      x = cross; now = next;
    }
    return found;
  };
})();
