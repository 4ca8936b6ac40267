/** What tests use of Node where its types are not. */
declare module "node:zlib" {
  export function crc32(data: string): number;
}
declare module "node:process" {
  /** Microseconds for which the thread has computed. */
  export function threadCpuUsage(): { user: number; system: number };
}
