import { app } from "./app.ts";

/** The Worker: answers HTTP requests. */
export default app;
