"use strict";
// Answers what became of an id. What was left out is read from the page's own lists; what was sent or is
// unchanged comes as JSON. Values reach the page as text only.
(() => {
  const MOST_ALIKE = 8;
  const STATES = { left: "Left out", sent: "Sent", same: "Unchanged", note: "Please note" };
  const ORDER = { left: 0, note: 1, sent: 2, same: 3 };
  const byId = (id) => document.getElementById(id);
  const plain = (text) => text.trim().toLowerCase();
  let records = null;

  const read = () => {
    const found = [];
    for (const group of document.querySelectorAll("details[data-state]")) {
      const about = {
        state: group.dataset.state,
        what: group.dataset.what,
        because: group.querySelector(".reason").textContent,
        advice: group.querySelector(".advice").textContent,
        todo: group.querySelector(".todo") !== null,
      };
      for (const item of group.querySelectorAll("li")) {
        found.push({ about, cells: Array.from(item.children, (each) => each.textContent) });
      }
    }
    for (const { rows, ...about } of JSON.parse(byId("kept").textContent)) {
      for (const row of rows) found.push({ about, cells: row.filter(Boolean) });
    }
    for (const each of found) each.keys = each.cells.map(plain);
    return found;
  };

  // 0: a cell, or a word of it, is what was typed; 1: begins with it; 2: contains it; 3: does not match.
  const distance = (keys, typed) => {
    let best = 3;
    for (const key of keys) {
      if (key === typed || ` ${key} `.includes(` ${typed} `)) return 0;
      if (key.startsWith(typed)) best = 1;
      else if (best > 2 && key.includes(typed)) best = 2;
    }
    return best;
  };

  const search = (typed) => {
    const few = typed.length < 3;
    const matches = [];
    for (const record of records) {
      const far = distance(record.keys, typed);
      if (few ? far === 0 : far < 3) matches.push({ far, record });
    }
    const rank = ({ far, record }) => far * 10 + ORDER[record.about.state];
    return matches.sort((a, b) => rank(a) - rank(b)).map((each) => each.record);
  };

  const element = (name, className, text) => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  };

  // Records of one outcome have one answer: the planner reads reason and advice once.
  const answer = ([about, records]) => {
    const item = document.createElement("li");
    item.append(element("span", `state ${about.state}`, STATES[about.state]), element("span", "what", about.what));
    const because = about.state === "note" ? about.because : `Because ${about.because}`;
    if (about.because) item.append(element("p", "because", `${because[0].toUpperCase()}${because.slice(1)}.`));
    item.append(element("p", about.todo ? "do now" : "do", about.advice));
    for (const { cells } of records.slice(0, MOST_ALIKE)) {
      const record = element("p", "record", "");
      cells.forEach((cell, n) => record.append(n ? " " : "", element(n ? "span" : "b", "", cell)));
      item.append(record);
    }
    const more = records.length - MOST_ALIKE;
    if (more > 0) item.append(element("p", "more", `and ${more.toLocaleString("en")} more; type more of the id.`));
    return item;
  };

  const show = () => {
    records ??= read();
    const shown = byId("query").value.trim();
    // A barcode may be typed with the zeros of a GTIN-14 or without that of a UPC.
    const typed = /^0+\d{8,}$/.test(shown) ? shown.replace(/^0+/, "") : plain(shown);
    const matches = typed ? search(typed) : [];
    const answers = new Map();
    for (const record of matches) {
      if (!answers.has(record.about)) answers.set(record.about, []);
      answers.get(record.about).push(record);
    }
    byId("answers").replaceChildren(...Array.from(answers, answer));
    const none = `Nothing on this page is called “${shown}”. ${byId("search").dataset.none}`;
    const count = matches.length === 1 ? "1 record" : `${matches.length.toLocaleString("en")} records`;
    byId("status").textContent = !typed ? "" : matches.length ? count : none;
  };

  byId("search").hidden = false;
  byId("no-script").hidden = true;
  byId("search").addEventListener("submit", (event) => { event.preventDefault(); show(); });
  byId("query").addEventListener("input", show);
  if (byId("query").value) show();
})();
