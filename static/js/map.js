// A map of the places on this page, once somebody asks for it. Leaflet and its style come from our own origin, and so do
// the tiles: nobody else learns who looks at what.

const sheet = href => new Promise((done, fail) => {
  const link = document.createElement("link")
  link.rel = "stylesheet"
  link.href = href
  link.onload = done
  link.onerror = fail
  document.head.append(link)
})

// `button` holds what to show; the map takes its place.
export const start = async button => {
  const { sheets, places, by, name, closer, farther } = button.dataset
  await Promise.all(sheets.split(" ").map(sheet))
  await import("../vendor/leaflet/leaflet.js")
  const leaflet = globalThis.L

  const canvas = document.createElement("div")
  canvas.className = "canvas"
  canvas.role = "region"
  canvas.ariaLabel = name
  button.replaceWith(canvas)

  const still = matchMedia("(prefers-reduced-motion: reduce)").matches
  const map = leaflet.map(canvas, { zoomControl: false, fadeAnimation: !still, zoomAnimation: !still, markerZoomAnimation: !still })
  map.attributionControl.setPrefix(false)
  leaflet.control.zoom({ zoomInTitle: closer, zoomOutTitle: farther }).addTo(map)
  leaflet.tileLayer("/tiles/{z}/{x}/{y}.png", { maxZoom: 19, attribution: `<bdi>${escaped(by)}</bdi>` }).addTo(map)

  const found = JSON.parse(places)
  for (const [lat, lon, label, number] of found) {
    const html = found.length > 1 ? String(number) : ""
    const icon = leaflet.divIcon({ className: "pin", html, iconSize: [28, 28], iconAnchor: [14, 14], popupAnchor: [0, -14] })
    const words = document.createElement("span")
    words.textContent = label
    leaflet.marker([lat, lon], { icon, title: label, alt: label }).bindPopup(words).addTo(map)
  }
  map.fitBounds(found.map(([lat, lon]) => [lat, lon]), { maxZoom: 15, padding: [32, 32], animate: false })
  canvas.tabIndex = 0
  canvas.focus()
}

// Leaflet takes attributions as HTML.
const escaped = text => {
  const part = document.createElement("i")
  part.textContent = text
  return part.innerHTML
}
