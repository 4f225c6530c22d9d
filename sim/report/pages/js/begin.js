// What a page does when it is opened; each part fails for itself.
"use strict";
SC.begin = async function (parts) {
  document.documentElement.setAttribute("data-state", "loading");
  var timelines = null, place = document.getElementById("timelines");
  try {
    if (place && parts.timelines.length) { timelines = await SC.timelines(place, parts.timelines); }
  } catch (error) { SC.failed(error, place); }
  var sweep = document.getElementById("sweep");
  try {
    if (sweep && parts.sweep) { await SC.sweep(sweep, parts.sweep, timelines); }
  } catch (error) { SC.failed(error, sweep); }
  document.documentElement.setAttribute("data-state", "ready");
};
