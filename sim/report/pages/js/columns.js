// Columns packed by sim/report/pages/columns.py, unpacked when somebody looks at them.
"use strict";
var SC = window.SC || {};
window.SC = SC;

SC.words = {};
/** A sentence of the page in its language; {name} is put in. */
SC.say = function (sentence, values) {
  var text = Object.prototype.hasOwnProperty.call(SC.words, sentence) ? SC.words[sentence] : sentence;
  return text.replace(/\{(\w+)\}/g, function (whole, name) {
    return values && name in values ? SC.spelt(values[name]) : whole;
  });
};

/** A text from outside: control characters, and those that turn the direction of writing, spelt out. */
SC.spelt = function (text) {
  return String(text).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, function (sign) {
    var code = sign.charCodeAt(0).toString(16);
    return code.length > 2 ? "\\u" + code : "\\x" + ("0" + code).slice(-2);
  });
};

SC.unpack = async function (id) {
  var text = document.getElementById(id).textContent.trim();
  var packed = Uint8Array.from(atob(text), function (c) { return c.charCodeAt(0); });
  if (typeof DecompressionStream === "undefined") {
    throw new Error(SC.say("This browser is too old for the charts of this page; the tables and sentences are complete."));
  }
  var stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  var buffer = await new Response(stream).arrayBuffer();
  var length = new DataView(buffer).getUint32(0, true);
  var directory = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  var found = Object.assign({}, directory.values);
  directory.arrays.forEach(function (entry) {
    var start = 4 + length + entry[3];
    if (entry[1] === "f8") {
      found[entry[0]] = new Float64Array(buffer, start, entry[2]);
    } else {
      var steps = new Int32Array(buffer, start, entry[2]), made = new Float64Array(entry[2]), total = 0;
      for (var k = 0; k < steps.length; k++) { total += steps[k]; made[k] = total; }
      found[entry[0]] = made;
    }
  });
  return found;
};

var FORMATS = {};
/** A figure as people read it: thousands apart, as many places as say something. */
SC.number = function (value, places) {
  if (value === null || value === undefined || !isFinite(value)) { return "–"; }
  var p = places === undefined ? (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 3) : places;
  FORMATS[p] = FORMATS[p] || new Intl.NumberFormat("en-US", { maximumFractionDigits: p });
  return FORMATS[p].format(value);
};

/** Clock time of a moment of the show. */
SC.clock = function (seconds, startHour) {
  var t = Math.round(startHour * 3600 + seconds), day = ((t % 86400) + 86400) % 86400;
  var two = function (n) { return (n < 10 ? "0" : "") + n; };
  return two(Math.floor(day / 3600)) + ":" + two(Math.floor(day / 60) % 60) + ":" + two(day % 60);
};

SC.make = function (tag, attributes, text) {
  var node = document.createElement(tag);
  Object.keys(attributes || {}).forEach(function (name) { node.setAttribute(name, attributes[name]); });
  if (text !== undefined) { node.textContent = SC.spelt(text); }
  return node;
};

SC.failed = function (error, place) {
  place.appendChild(SC.make("p", { class: "note", role: "alert" }, error.message));
};
