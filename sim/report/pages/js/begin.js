// What a page does when it is opened; each part fails for itself.
"use strict";
/** Paper is narrower than most screens: charts, which are drawn for the screen, shrink to it. */
SC.paper = 700;
window.addEventListener("beforeprint", function () {
  Array.from(document.querySelectorAll(".chart")).forEach(function (chart) {
    chart.style.setProperty("--fit", String(Math.min(1, SC.paper / Math.max(1, chart.scrollWidth))));
  });
});

SC.begin = async function (parts) {
  document.documentElement.setAttribute("data-state", "loading");
  var timelines = null, place = document.getElementById("timelines");
  try {
    if (place && parts.timelines.length) { timelines = await SC.timelines(place, parts.timelines); }
  } catch (error) { SC.failed(error, place); }
  if (parts.charts.length) { await SC.plots(parts.charts); }
  var sweep = document.getElementById("sweep");
  try {
    if (sweep && parts.sweep) { await SC.sweep(sweep, parts.sweep, timelines); }
  } catch (error) { SC.failed(error, sweep); }
  document.documentElement.setAttribute("data-state", "ready");
};
