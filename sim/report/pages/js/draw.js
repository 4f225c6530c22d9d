// A chart comes onto the page: its tools are called in the page's language, and what keys reach has a name.
"use strict";
(function () {
  /** What a tool does, by Bokeh's type. */
  var TOOLS = function () {
    return { PanTool: SC.say("move"), WheelZoomTool: SC.say("zoom with the wheel"), BoxZoomTool: SC.say("zoom into a box"),
      BoxSelectTool: SC.say("choose by a box"), LassoSelectTool: SC.say("choose by a loop"), TapTool: SC.say("choose by a click"),
      ResetTool: SC.say("back to the whole"), HoverTool: SC.say("figures under the pointer") };
  };

  /** What keys reach in a chart gets a name: pictures that of their section, tools their own. */
  function named(node, title) {
    node.querySelectorAll("*").forEach(function (one) {
      if (one.shadowRoot) { named(one.shadowRoot, title); }
      if (one.getAttribute("tabindex") !== "0") { return; }
      if (one.title) {
        one.setAttribute("role", "button"); one.setAttribute("aria-label", one.title);
      } else if (one.classList.contains("bk-events")) {
        one.setAttribute("role", "img"); one.setAttribute("aria-label", title);
      } else { one.removeAttribute("tabindex"); }
    });
  }

  SC.draw = async function (model, target) {
    var names = TOOLS();
    model.references().forEach(function (one) { if (one instanceof Bokeh.Tool) { one.description = names[one.type] || one.description; } });
    await Bokeh.Plotting.show(model, target);
    var head = target.closest("section"), title = head && head.querySelector("h2");
    named(target, title ? title.textContent : "");
  };
})();
