/* What a page does besides being read: keys, times that count on, focus after a swap, live notes. All of it is extra. */
import { tinykeys } from "./tinykeys.js"

const page = document.documentElement
const all = (selector, within = document) => [...within.querySelectorAll(selector)]
const shown = (element) => element.checkVisibility({ visibilityProperty: true })

/* Keys. Dead in fields and with modifiers; one that would change something only moves the focus to its button. */
const FIELDS = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]"
const awake = (act) => (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.target.closest?.(FIELDS)) return
  if (act(event) !== false) event.preventDefault()
}
const rows = () => all("[data-row], main tbody tr:has(a)").filter(shown)
const rowOf = (element) => element?.closest?.("[data-row], main tbody tr")
const linkOf = (row) => row.querySelector("[data-open], th a, td a, a")
let marked = null

function move(step) {
  const there = rows()
  if (!there.length) return false
  const at = there.indexOf(rowOf(document.activeElement))
  const next = there[at < 0 ? (step > 0 ? 0 : there.length - 1) : Math.min(Math.max(at + step, 0), there.length - 1)]
  linkOf(next)?.focus()
  next.scrollIntoView({ block: "nearest" })
}
function select(range) {
  const row = rowOf(document.activeElement)
  const box = row?.querySelector("input[type=checkbox]")
  if (!box) return false
  const there = rows()
  if (range && marked && there.includes(marked)) {
    const [from, to] = [there.indexOf(marked), there.indexOf(row)].sort((a, b) => a - b)
    there.slice(from, to + 1).forEach((one) => tick(one.querySelector("input[type=checkbox]"), true))
  } else {
    tick(box, !box.checked)
  }
  marked = row
}
function tick(box, checked) {
  if (!box || box.checked === checked) return
  box.checked = checked
  box.dispatchEvent(new Event("change", { bubbles: true }))
}
function to(key) {
  const found = all(`[data-key="${CSS.escape(key)}"]`).find(shown)
  if (!found) return false
  if (found.closest("details")) found.closest("details").open = true
  found.focus()
  found.select?.()
}
const go = (key, href) => {
  const found = document.querySelector(`[data-key="${key}"][href]`)
  location.assign(found ? found.href : href)
}
if (page.dataset.keys === "on") {
  tinykeys(window, {
    j: awake(() => move(1)),
    k: awake(() => move(-1)),
    x: awake(() => select(false)),
    "Shift+X": awake(() => select(true)),
    n: awake(() => to("n")),
    e: awake(() => to("e")),
    c: awake(() => to("c")),
    "g q": awake(() => go("g q", "/")),
    "/": awake(() => to("/")),
    "Shift+/": awake((event) => (event.key === "/" ? to("/") : false)),
    "?": awake(() => go("?", "/help/keys")),
    "Shift+?": awake(() => go("?", "/help/keys")),
  })
}

/* Times count on each minute, in the words of the server; nothing is announced. */
const said = JSON.parse(document.querySelector("meta[name=words]")?.content ?? "{}")
const lasting = (seconds) => {
  if (seconds < 3600) return said.min.replace("%s", Math.max(Math.floor(seconds / 60), 1))
  if (seconds <= 172800) return said.h.replace("%s", Math.floor(seconds / 3600))
  const days = Math.floor(seconds / 86400)
  return (days === 1 ? said.day : said.days).replace("%s", days)
}
function worded(kind, away) {
  const length = lasting(Math.abs(away))
  if (kind === "due") return (away < 0 ? said.late : said.due).replace("%s", length)
  if (Math.abs(away) < 60) return away <= 0 ? said.just : said.now
  return (away > 0 ? said.in : said.ago).replace("%s", length)
}
function recount() {
  for (const element of all("[data-relative]")) {
    const moment = element.dataset.at ?? element.closest("time")?.dateTime
    const text = worded(element.dataset.relative, (Date.parse(moment) - Date.now()) / 1000)
    if (moment && element.textContent !== text) element.textContent = text
  }
}
setInterval(recount, 60000)

/* What is posted once is not posted twice by an impatient hand; the server would give the same answer again. */
addEventListener("submit", (event) => {
  const form = event.target
  if (form.method !== "post" || form.hasAttribute("hx-post")) return
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = "yes"
  setTimeout(() => delete form.dataset.sent, 10000) // whoever stopped it, or lost the network, may send it again
})
addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent))

/* After a swap the focus goes to what is new: errors, a heading, or a table after paging. */
const targets = "[data-focus], h1, h2, [role=region]"
addEventListener("htmx:afterSwap", (event) => {
  const into = event.detail.target
  if (into.hasAttribute("data-live") || into.contains(document.activeElement)) return
  const found = into.matches(targets) ? into : into.querySelector(targets)
  if (!found) return
  if (!found.hasAttribute("tabindex")) found.tabIndex = -1
  found.focus()
})

/* Live notes are asked for while somebody looks, and said only when they say something else. */
addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.hasAttribute("data-live") && document.hidden) event.preventDefault()
})
/* Whoever is signed out is led to sign in, unless they would lose what they wrote: sending it keeps it. */
addEventListener("htmx:beforeOnLoad", (event) => {
  if (!event.detail.elt.hasAttribute("data-live") || event.detail.xhr.status !== 401) return
  if (all("textarea, input").some((one) => one.value !== one.defaultValue)) event.preventDefault()
})
addEventListener("htmx:beforeSwap", (event) => {
  const { target, serverResponse } = event.detail
  if (target.hasAttribute("data-live") && target.innerHTML.trim() === serverResponse.trim()) {
    event.detail.shouldSwap = false
  }
})

/* The menu closes on Escape and when the focus leaves it. */
const menu = document.querySelector(".menu")
menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return
  menu.open = false
  menu.querySelector("summary").focus()
})
menu?.addEventListener("focusout", (event) => {
  if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false
})
const summary = document.querySelector(".error-summary, .notice[autofocus]")
summary?.focus()
addEventListener("beforeprint", () => all("details").forEach((one) => (one.open = true)))

/* The list that one came from: the cases before and after this one, for as long as the tab is open. */
const LIST = "list"
const listed = all("#cases a.reference").map((one) => [one.getAttribute("href"), one.textContent.trim()])
if (listed.length) sessionStorage.setItem(LIST, JSON.stringify(listed))
if (!document.querySelector(".side")) sessionStorage.removeItem(LIST) // nobody is signed in
const neighbours = document.querySelector("[data-neighbours]")
if (neighbours) {
  const known = JSON.parse(sessionStorage.getItem(LIST) ?? "[]")
  const at = known.findIndex(([href]) => href === location.pathname)
  for (const link of all("a", neighbours)) {
    const found = at < 0 ? undefined : known[at + Number(link.dataset.step)]
    if (!found) { link.remove(); continue }
    link.href = found[0]
    link.append(`: ${found[1]}`)
    neighbours.hidden = false
  }
}
