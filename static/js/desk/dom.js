// The few helpers all drawing goes through. Text is always a text node: nothing a customer wrote is ever read as markup.

const SVG = "http://www.w3.org/2000/svg"

export const $ = id => document.getElementById(id)

// el("p", { class: "x", title: "y", onclick: fn }, "text", node, null): empty attributes and children are left out.
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (typeof value === "function") made.addEventListener(key.slice(2), value)
    else made.setAttribute(key, value === true ? "" : value)
  }
  made.append(...children.flat(Infinity).filter(child => child || child === 0))
  return made
}

// A drawing from the page's own set (templates/desk/icons.html).
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg"), use = document.createElementNS(SVG, "use")
  svg.setAttribute("class", "icon")
  svg.setAttribute("aria-hidden", "true")
  use.setAttribute("href", `#i-${name}`)
  svg.append(use)
  return svg
}

// Makes the children of `parent` be those of `items`, keeping every node whose key and mark are unchanged: scroll, focus
// and a screen reader's place survive. Each item: { key, mark, draw }.
export function reconcile(parent, items) {
  const old = new Map([...parent.children].map(node => [node.dataset.key, node])), kept = new Set()
  let place = parent.firstElementChild
  for (const { key, mark, draw } of items) {
    let node = old.get(key)
    old.delete(key)
    if (!node || node.dataset.mark !== mark) {
      const fresh = draw()
      fresh.dataset.key = key
      fresh.dataset.mark = mark
      if (node) {
        if (place === node) place = fresh
        keepFocus(node, fresh)
      }
      node = fresh
    }
    kept.add(node)
    if (node === place) place = place.nextElementSibling
    else parent.insertBefore(node, place)
  }
  for (const node of [...parent.children]) if (!kept.has(node)) node.remove()
}

function keepFocus(node, fresh) {
  const had = node.contains(document.activeElement)
  node.replaceWith(fresh)
  if (had) (fresh.matches("a,button") ? fresh : fresh.querySelector("a,button"))?.focus({ preventScroll: true })
}
