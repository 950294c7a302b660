"use strict";
const EVERY = 5000; // ms between two looks at the fleet
const $ = (id) => document.getElementById(id);
let state = new URLSearchParams(location.search).get("state") || "";
$("search").value = new URLSearchParams(location.search).get("search") || "";

function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

function cells(account, at) {
  const success = account.last_success;
  return [
    account.name,
    account.state,
    account.running || "",
    success ? `${duration((at - new Date(success)) / 1000)} ago` : "never",
    account.late >= 60 ? duration(account.late) : "",
    account.refused ? String(account.refused) : "",
    account.sentence || "",
  ];
}

// Rows stay where they are in the document, so that a refresh takes the focus from none of them.
function showRow(row, account, at) {
  if (!row.cells.length) {
    row.tabIndex = -1;
    const head = document.createElement("th");
    head.scope = "row";
    row.append(head, ...Array.from({length: 6}, () => document.createElement("td")));
    for (const number of [4, 5]) row.cells[number].className = "number";
  }
  cells(account, at).forEach((text, place) => {
    if (row.cells[place].textContent !== text) row.cells[place].textContent = text;
  });
  row.cells[1].className = account.state;
  row.cells[3].title = account.last_success || "";
}

function showStates(fleet) {
  const names = ["", ...Object.keys(fleet.states)];
  names.forEach((name, place) => {
    let button = $("states").querySelectorAll("button")[place];
    if (!button) {
      button = document.createElement("button");
      button.type = "button";
      button.addEventListener("click", () => { state = name; refresh(); });
      $("states").append(button);
    }
    button.textContent = name ? `${name} ${fleet.states[name]}` : `all ${fleet.total}`;
    button.setAttribute("aria-pressed", String(state === name));
  });
}

function show(fleet) {
  const at = new Date(fleet.at);
  const body = $("accounts");
  while (body.rows.length > fleet.accounts.length) body.deleteRow(-1);
  fleet.accounts.forEach((account, place) => showRow(body.rows[place] || body.insertRow(), account, at));
  if (body.rows.length && !body.querySelector("tr[tabindex='0']")) body.rows[0].tabIndex = 0;
  showStates(fleet);
  const wanted = state ? fleet.states[state] : fleet.total;
  const left = $("search").value ? 0 : wanted - fleet.accounts.length;
  $("left").textContent = left > 0 ? `${left} more are not shown; search for them by name.`
    : fleet.accounts.length ? "" : "There is no such account.";
  const runs = Object.entries(fleet.runs).map(([outcome, count]) => `${count} ${outcome}`).join(", ");
  $("totals").textContent = `${fleet.total} accounts, ${fleet.running} running; longest late `
    + `${duration(fleet.late)}. In 24 hours: ${runs || "no run"}; ${fleet.refused} calls refused with 429.`;
  $("at").textContent = `As of ${at.toISOString().slice(0, 19).replace("T", " ")} UTC.`;
}

let latest = 0;
async function refresh() {
  const own = ++latest;
  const query = new URLSearchParams({state, search: $("search").value});
  history.replaceState(null, "", `?${query}`);
  try {
    const answer = await fetch(`api/status?${query}`);
    const found = await answer.json();
    if (own !== latest) return; // a later one has been requested meanwhile
    if (!answer.ok) throw new Error(found.error);
    show(found);
    $("error").textContent = "";
  } catch (error) {
    if (own !== latest) return;
    const why = error instanceof TypeError ? "This page's program does not answer." : error.message;
    $("error").textContent = `${why} What is shown may be old.`;
  }
}

function move(by) {
  const rows = [...$("accounts").rows];
  if (!rows.length) return;
  const now = rows.indexOf(document.activeElement.closest("tr"));
  const next = now < 0 ? rows[0] : rows[Math.min(rows.length - 1, Math.max(0, now + by))];
  for (const row of rows) row.tabIndex = row === next ? 0 : -1;
  next.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    state = ""; $("search").value = ""; refresh();
  } else if (event.target.id === "search") {
    return;
  } else if (event.key === "/") {
    event.preventDefault(); $("search").focus();
  } else if (event.key === "j" || event.key === "k") {
    move(event.key === "j" ? 1 : -1);
  }
});
$("filter").addEventListener("submit", (event) => event.preventDefault());
$("search").addEventListener("input", refresh);
setInterval(refresh, EVERY);
refresh();
