/* global Scalar */
/** Of every language that the renderer knows, only the shell is kept, and there only curl. */
const OTHERS = {
  ...Object.fromEntries(
    [
      "c",
      "clojure",
      "csharp",
      "dart",
      "fsharp",
      "go",
      "http",
      "java",
      "js",
      "julia",
      "kotlin",
      "node",
      "objc",
      "ocaml",
      "php",
      "powershell",
      "python",
      "r",
      "ruby",
      "rust",
      "swift",
    ].map((language) => [language, true]),
  ),
  shell: ["wget", "httpie"],
};

const UNNAMED = [
  ['button[class*="copy-button"]', "Copy"],
  ['.cm-content[role="textbox"]', "Request body"],
];

// Fails when the renderer is missing: the plain page stays.
const { createApiReference } = Scalar;
const plain = document.querySelector("#plain");
// Links lead to the renderer's sections from now on.
for (const element of plain.querySelectorAll("[id]")) element.removeAttribute("id");

/** On a phone the answer is below the request: brings it into view while it is being filled in. */
function showAnswer() {
  const answer = document.querySelector('[role="dialog"] section[aria-label="Response"]');
  if (answer === null) return;
  const observer = new MutationObserver(() => answer.scrollIntoView());
  observer.observe(answer, { childList: true, subtree: true, characterData: true });
  setTimeout(() => observer.disconnect(), 1000);
}

/** Names the controls that the renderer leaves without a name. */
function nameControls() {
  for (const [selector, name] of UNNAMED) {
    for (const control of document.querySelectorAll(`${selector}:not([aria-label])`)) control.ariaLabel = name;
  }
}
new MutationObserver(nameControls).observe(document.body, { childList: true, subtree: true });

// Nothing here leaves the Worker's own origin: no fonts, no telemetry, none of the renderer's own services.
createApiReference("#reference", {
  url: "/openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  documentDownloadType: "json",
  persistAuth: false,
  orderSchemaPropertiesBy: "preserve",
  orderRequiredPropertiesFirst: false,
  authentication: { preferredSecurityScheme: "oat" },
  // curl for every operation; the SDK's call stands beside it in the document.
  hiddenClients: OTHERS,
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  onLoaded: () => requestAnimationFrame(() => plain.remove()),
  // Without braces it would return something that the renderer takes for the answer.
  onResponseReceived: () => {
    showAnswer();
  },
});
