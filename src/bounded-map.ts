/** A map with a maximum size that drops its oldest entries, so that an isolate's memory does not grow. */
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

  /** @param size the entry's share of the map's size; an entry larger than the whole map is not kept */
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
