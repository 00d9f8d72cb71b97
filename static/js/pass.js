// Keeps the pass on this phone: a worker that answers for this page when the network does not. Then the screen stays lit as
// long as the pass is looked at, where the browser lets a page ask for that.
(d => {
  const main = d.querySelector("main"), kept = d.getElementById("kept"), workers = navigator.serviceWorker
  const told = () => { kept.textContent = kept.dataset.kept }

  if (workers) workers.register(main.dataset.keep).then(found => {
    const worker = found.active || found.waiting || found.installing
    if (worker.state == "activated") return told()
    worker.addEventListener("statechange", () => { if (worker.state == "activated") told() })
  }).catch(() => {})

  const light = () => {
    if (d.visibilityState == "visible" && navigator.wakeLock) navigator.wakeLock.request("screen").catch(() => {})
  }
  d.addEventListener("visibilitychange", light)
  light()
})(document)
