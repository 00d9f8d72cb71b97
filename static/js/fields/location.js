// Where somebody is, asked of the browser once they press for it, and never before.

export function start(area) {
  const button = area.querySelector("button"), said = area.querySelector("[role=status]")
  const form = area.closest("form"), [lat, lon] = form.querySelectorAll("input[name$='.lat'], input[name$='.lon']")
  const text = area.parentElement.querySelector("input:not([type=hidden])")
  const say = key => { said.textContent = area.dataset[key] || "" }

  // A place typed afterwards is meant instead of it.
  text.addEventListener("input", () => {
    lat.value = lon.value = ""
    say("")
  })

  const found = ({ coords }) => {
    lat.value = coords.latitude
    lon.value = coords.longitude
    text.value = ""
    say("found")
  }

  button.addEventListener("click", () => {
    if (!navigator.geolocation) return say("denied")
    say("seeking")
    navigator.geolocation.getCurrentPosition(found, () => say("denied"), { timeout: 15000, maximumAge: 60000 })
  })
}
