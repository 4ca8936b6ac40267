/** The one function of Node that a test in workerd takes as its oracle. */
declare module "node:zlib" {
  export function crc32(data: string): number;
}
