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

// Nothing here leaves the Worker's own origin: no fonts, no telemetry, none of the renderer's own services.
Scalar.createApiReference("#reference", {
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
});
