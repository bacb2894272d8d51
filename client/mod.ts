/**
 * The meshlift SDK, served as `/client.js`.
 *
 * @module
 */
export { joinCall } from "./join.ts";
export * from "./api.ts";
