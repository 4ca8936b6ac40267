/** A map that forgets its oldest entries when they would exceed a size: what an isolate remembers must not grow. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, { value: V; size: number }>();
  readonly #most: number;
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** @param size what the entry takes of the map's size; an entry that takes more than all of it is not kept */
  set(key: string, value: V, size = 1): void {
    this.delete(key);
    if (size > this.#most) return;
    for (const oldest of this.#entries.keys()) {
      if (this.#size + size <= this.#most) break;
      this.delete(oldest);
    }
    this.#entries.set(key, { value, size });
    this.#size += size;
  }

  delete(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }
}
