// The module that other sites load: it defines <edgemeter-usage>, and exports its class.
export { EdgemeterUsage } from "./element.ts";
