"use strict";
// Answers what became of an id. Articles, and what was sent or is unchanged, come as JSON; what was left out
// is read from the page's own lists. Values reach the page as text only.
(() => {
  const MOST_ALIKE = 8;
  const FEW_CARDS = 10, MORE_CARDS = 50;
  const STATES = {
    left: "Left out", sent: "Sent", same: "Unchanged", note: "Please note",
    in: "In Optiply", way: "On its way", part: "In part", off: "Disabled", not: "Not in Optiply",
  };
  const ORDER = { left: 0, note: 1, sent: 2, same: 3 };
  // Letters that no accent makes of plain ones.
  const PLAIN = { ß: "ss", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", æ: "ae", œ: "oe", ı: "i" };
  const byId = (id) => document.getElementById(id);
  const plain = (text) =>
    text.trim().toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/[ßøłđðþæœı]/g, (each) => PLAIN[each]);
  const number = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
  const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}`;
  const groups = Array.from(document.querySelectorAll("details[data-state]"));
  const chips = Array.from(document.querySelectorAll(".chip"));
  let articles = null, records = null, show = "", most = FEW_CARDS, narrowed = "";

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.textContent = text;
    return made;
  };
  const cellsOf = (item) => Array.from(item.querySelectorAll(":scope > b, :scope > span"), (each) => each.textContent);

  const placeOf = (group) => {
    const column = group.dataset.columns.split("|").indexOf("marketplace");
    return column < 0 ? null : (item) => item.children[column].textContent;
  };

  const readArticles = () => {
    const { rows, advice } = JSON.parse(byId("articles").textContent);
    return rows.map(([asin, name, skus, ean, state, marks, places, verdict, products, todo]) => {
      const ids = products.flatMap(([remoteId, , optiplyId, , eanCode]) => [remoteId, optiplyId, eanCode]);
      const keys = [asin, ...skus, ean, ...ids, name].filter(Boolean).map(plain);
      return { asin, name, skus, state, marks, places, verdict, products, todo: todo.map((each) => advice[each]), keys };
    });
  };

  const readRecords = () => {
    const found = [];
    for (const group of groups) {
      const about = {
        state: group.dataset.state,
        what: group.dataset.what,
        because: group.querySelector(".reason").textContent,
        advice: group.querySelector(".advice").textContent,
        todo: group.querySelector(".todo") !== null,
        ofArticles: group.dataset.ofArticles !== undefined,
      };
      const own = placeOf(group);
      for (const item of group.querySelectorAll("li")) {
        found.push({ about, cells: cellsOf(item).filter(Boolean), place: own?.(item) });
      }
    }
    for (const { rows, place, ...about } of JSON.parse(byId("kept").textContent)) {
      for (const row of rows) found.push({ about, cells: row.filter(Boolean), place: row[place] });
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

  const matching = (all, typed, rank) => {
    const few = typed.length < 3;
    const found = [];
    for (const each of all) {
      const far = distance(each.keys, typed);
      if (few ? far === 0 : far < 3) found.push({ far: rank(far, each), each });
    }
    return found.sort((a, b) => a.far - b.far).map(({ each }) => each);
  };

  const isShown = ({ state, marks }) => {
    const isThere = ["in", "way", "part"].includes(state);
    return !show || (show === "in" ? isThere : show === "not" ? !isThere : marks.includes(show));
  };

  const fact = (list, name, value) => {
    const row = element("div", "", "");
    row.append(element("dt", "", name), element("dd", "", value));
    list.append(row);
    return row;
  };

  const productOf = ([remoteId, places, optiplyId, price, ean, level, how, changes, isThere, eanFrom], article) => {
    const list = element("dl", "facts", "");
    if (remoteId !== article.asin) fact(list, "Product", places ? `${remoteId} · ${places}` : remoteId);
    const stock = fact(list, isThere ? "Stock" : "Stock, not sent", level === null ? how : ` = ${how}`);
    stock.className = "stocked";
    if (level !== null) stock.lastChild.prepend(element("b", "", level.toLocaleString("en")));
    fact(list, "Price", price ?? "none");
    fact(list, "EAN", ean ?? "none");
    if (eanFrom) fact(list, "EAN of match", eanFrom);
    fact(list, "Optiply id", optiplyId ?? "not known yet");
    if (changes) fact(list, "This run", changes);
    return list;
  };

  // An article of several products has two lines for each.
  const lineOf = ([remoteId, places, optiplyId, price, ean, level, how, changes, isThere, eanFrom]) => {
    const made = element("div", "product", "");
    const stock = element("p", "", "");
    stock.append(element("b", "where", places), isThere ? " " : " not sent: ");
    if (level !== null) stock.append(element("b", "", level.toLocaleString("en")), " = ");
    stock.append(how);
    made.append(stock);
    if (changes) made.append(element("p", "", `This run: ${changes}.`));
    const ids = [price && `price ${price}`, ean && `EAN ${ean}`, `Optiply id ${optiplyId ?? "not known yet"}`, remoteId];
    made.append(element("p", "ids", ids.filter(Boolean).join(" · ")));
    if (eanFrom) made.append(element("p", "", `EAN of match: ${eanFrom}`));
    return made;
  };

  const card = (article) => {
    const item = element("li", "card", "");
    item.append(element("span", `state ${article.state}`, STATES[article.state]));
    const title = element("p", "title", "");
    title.append(element("b", "", article.name || article.asin));
    if (article.marks.includes("n")) title.append(" ", element("em", "new", "new"));
    const ids = element("p", "ids", "");
    for (const each of [article.asin, ...article.skus.slice(0, MOST_ALIKE)]) ids.append(element("span", "", each), " ");
    item.append(title, ids, element("p", "verdict", article.verdict));
    const several = article.products.length > 1;
    for (const each of article.products) item.append(several ? lineOf(each) : productOf(each, article));
    for (const each of article.todo) item.append(element("p", "do now", each));
    return item;
  };

  // Records of one outcome have one answer: the planner reads reason and advice once.
  const answer = ([about, alike]) => {
    const item = document.createElement("li");
    item.append(element("span", `state ${about.state}`, STATES[about.state]), element("span", "what", about.what));
    const because = about.state === "note" ? about.because : `Because ${about.because}`;
    if (about.because) item.append(element("p", "because", `${sentence(because)}.`));
    item.append(element("p", about.todo ? "do now" : "do", about.advice));
    for (const { cells } of alike.slice(0, MOST_ALIKE)) {
      const record = element("p", "record", "");
      cells.forEach((cell, n) => record.append(n ? " " : "", element(n ? "span" : "b", "", cell)));
      item.append(record);
    }
    const more = alike.length - MOST_ALIKE;
    if (more > 0) item.append(element("p", "more", `and ${more.toLocaleString("en")} more; type more of the id.`));
    return item;
  };

  const find = (typed, place) => {
    articles ??= readArticles();
    const here = articles.filter((each) => isShown(each) && (!place || each.places.includes(place)));
    const cards = typed ? matching(here, typed, (far) => far) : show ? here : [];
    if (!typed || show) return { cards, others: [] };
    records ??= readRecords();
    const known = new Set(cards.map((each) => each.asin));
    const isOther = ({ about, cells, place: own }) =>
      (!place || !own || own === place) && !(about.ofArticles && cells.some((each) => known.has(each.split("_")[0])));
    const others = matching(records.filter(isOther), typed, (far, each) => far * 10 + ORDER[each.about.state]);
    return { cards, others };
  };

  const place = () => byId("place")?.value ?? "";

  const render = () => {
    const shown = byId("query").value.trim();
    // A barcode may be typed with the zeros of a GTIN-14 or without that of a UPC.
    const typed = /^0+\d{8,}$/.test(shown) ? shown.replace(/^0+/, "") : plain(shown);
    const { cards, others } = find(typed, place());
    const answers = new Map();
    for (const record of others) {
      if (!answers.has(record.about)) answers.set(record.about, []);
      answers.get(record.about).push(record);
    }
    byId("answers").replaceChildren(...cards.slice(0, most).map(card), ...Array.from(answers, answer));
    const found = [cards.length && number(cards.length, "article"), others.length && number(others.length, "record")];
    const none = shown
      ? `Nothing on this page is called “${shown}”${place() ? ` in ${place()}` : ""}. ${byId("search").dataset.none}`
      : "No article on this page is like that.";
    const asked = typed || show;
    byId("status").textContent = asked ? found.filter(Boolean).join(" and ") || none : "";
    byId("after").hidden = !asked;
    byId("more").hidden = cards.length <= most;
    byId("copied").textContent = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.show === show));
    const parts = new URLSearchParams();
    if (shown) parts.set("q", shown);
    if (place()) parts.set("m", place());
    if (show) parts.set("show", show);
    // A file may not be allowed to write its address; the search works all the same.
    try { history.replaceState(null, "", `#${parts}`); } catch { /* as it was */ }
  };

  const narrow = () => {
    if (narrowed === place()) return;
    narrowed = place();
    for (const group of groups) {
      const own = placeOf(group);
      if (!own) continue;
      const items = Array.from(group.querySelectorAll("li"));
      for (const item of items) item.hidden = place() !== "" && own(item) !== place();
      const left = items.filter((item) => !item.hidden).length;
      group.hidden = left === 0;
      const all = Number(group.dataset.count).toLocaleString("en");
      group.querySelector(".count").textContent = place() ? `${left.toLocaleString("en")} of ${all}` : all;
    }
  };

  const restore = () => {
    const parts = new URLSearchParams(location.hash.slice(1));
    byId("query").value = parts.get("q") ?? "";
    if (byId("place")) byId("place").value = parts.get("m") ?? "";
    if (byId("place")?.selectedIndex === -1) byId("place").value = "";
    const asked = chips.find((each) => each.dataset.show === parts.get("show"));
    show = asked ? asked.dataset.show : "";
  };

  // A cell that a spreadsheet would take for a formula gets an apostrophe.
  const csvCell = (text) => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  const idsOf = async (group) => {
    const bytes = Uint8Array.from(atob(group.dataset.ids), (each) => each.charCodeAt(0));
    const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    return text.split("\n").map((each) => [each]);
  };

  const save = async (group) => {
    const isPacked = group.dataset.ids !== undefined && "DecompressionStream" in window;
    const columns = isPacked ? ["id"] : group.dataset.columns.split("|");
    const rows = isPacked ? await idsOf(group) : Array.from(group.querySelectorAll("li:not([hidden])"), cellsOf);
    const text = [columns, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n");
    const link = document.createElement("a");
    // Spreadsheets take a file for UTF-8 by its byte order mark.
    link.href = URL.createObjectURL(new Blob(["\uFEFF", text, "\r\n"], { type: "text/csv" }));
    const reason = plain(`${group.dataset.what} ${group.querySelector(".reason").textContent}`);
    link.download = `${reason.replace(/[^a-z0-9]+/g, "-").slice(0, 60)}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      byId("copied").textContent = "Copied.";
    } catch {
      byId("copied").textContent = "Copy the address of this page.";
    }
  };

  const again = () => { most = FEW_CARDS; render(); };
  byId("search").hidden = false;
  byId("copy").hidden = false;
  byId("no-script").hidden = true;
  byId("search").addEventListener("submit", (event) => { event.preventDefault(); again(); });
  byId("query").addEventListener("input", again);
  byId("place")?.addEventListener("change", () => { narrow(); again(); });
  byId("more").addEventListener("click", () => { most += MORE_CARDS; render(); });
  byId("copy").addEventListener("click", copy);
  for (const chip of chips) {
    chip.addEventListener("click", () => { show = show === chip.dataset.show ? "" : chip.dataset.show; again(); });
  }
  for (const button of document.querySelectorAll(".csv")) {
    button.hidden = false;
    button.addEventListener("click", () => save(button.closest("details")));
  }
  addEventListener("hashchange", () => { restore(); narrow(); again(); });
  if (location.hash) restore();
  narrow();
  if (byId("query").value || show) render();
})();
