import type { Store } from "../store/store.ts";

/** Statements that a store adds to each call: whether the writer may write, or whether the organization has moved. */
const ADDED_STATEMENTS = 1;

/** What work may take; what is absent has no limit. */
export type BudgetLimits = {
  /** Statements, with those that stores add, after which nothing more begins. */
  statements?: number;
  /** Milliseconds from now on after which nothing more begins. */
  milliseconds?: number;
};

/** The statements and the time of work that others wait for: once they are spent, the work begins nothing more. */
export class Budget {
  /** The clock of the work: milliseconds since 1970 UTC. */
  readonly now: () => number;
  readonly #statements: number;
  readonly #until: number;
  readonly #whole: Budget | undefined;
  #spent = 0;

  /** @param whole the budget of which this one is a share */
  constructor(limits: BudgetLimits = {}, now = () => Date.now(), whole?: Budget) {
    this.now = now;
    this.#statements = limits.statements ?? Infinity;
    this.#until = limits.milliseconds === undefined ? Infinity : now() + limits.milliseconds;
    this.#whole = whole;
  }

  /** How many statements have begun. */
  get spent(): number {
    return this.#spent;
  }

  /** How many statements may still begin. */
  get left(): number {
    return Math.max(0, Math.min(this.#statements - this.#spent, this.#whole?.left ?? Infinity));
  }

  /** Returns whether anything more may begin. */
  mayGoOn(): boolean {
    return this.left > 0 && this.now() < this.#until && (this.#whole?.mayGoOn() ?? true);
  }

  /** Makes a budget for a part of the work: what the part takes is taken from both. */
  share(limits: BudgetLimits): Budget {
    return new Budget(limits, this.now, this);
  }

  /** Makes a store whose statements are taken from this budget. */
  counted(store: Store): Store {
    return {
      ...store,
      read: (statements) => {
        this.#spend(statements.length + ADDED_STATEMENTS);
        return store.read(statements);
      },
      write: (statements, options) => {
        this.#spend(statements.length + ADDED_STATEMENTS);
        return store.write(statements, options);
      },
    };
  }

  #spend(statements: number): void {
    this.#spent += statements;
    if (this.#whole !== undefined) this.#whole.#spend(statements);
  }
}

/** Milliseconds that a transaction should take: other requests wait meanwhile. */
const TRANSACTION_TIME = 100;

/** How much one transaction takes on: less after a slow one, more after fast ones. */
export class AdaptiveSize {
  #value: number;
  readonly #most: number;
  readonly #least: number;

  constructor(first: number, most: number, least = 1) {
    this.#value = Math.min(first, most);
    this.#most = most;
    this.#least = least;
  }

  get value(): number {
    return this.#value;
  }

  /** @param elapsed milliseconds that a transaction of this size took */
  adapt(elapsed: number): void {
    if (elapsed > TRANSACTION_TIME) this.#value = Math.max(this.#least, Math.floor(this.#value / 2));
    else if (elapsed < TRANSACTION_TIME / 2) this.#value = Math.min(this.#most, this.#value * 2);
  }
}
