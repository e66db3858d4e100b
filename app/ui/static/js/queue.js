
/* Where it is narrow the filters would push the list off the screen: they fold until somebody opens them. */
if (matchMedia("(max-width: 39.99rem)").matches && !document.querySelector(".filters [aria-invalid]")) {
  for (const panel of document.querySelectorAll(".filters")) panel.open = false
}
