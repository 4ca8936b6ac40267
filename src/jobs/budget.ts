import type { Store } from "../store/store.ts";
import { nextTurn } from "../time/turn.ts";

/** Statements that a store adds to each call, to check whether writes are allowed or the organization has moved. */
const ADDED_STATEMENTS = 1;

/** The limits of a budget; an absent one is unlimited. */
export type BudgetLimits = {
  /** The number of statements, including those that stores add, after which no new work begins. */
  statements?: number;
  /** Milliseconds from now after which no new work begins. */
  milliseconds?: number;
};

/** A budget of statements and time for background work. Once it is spent, no new work begins. */
export class Budget {
  /** The clock to use: milliseconds since 1970 UTC. */
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

  /** Makes a budget for a part of the work; statements count against both budgets. */
  share(limits: BudgetLimits): Budget {
    return new Budget(limits, this.now, this);
  }

  /** Returns a store whose statements count against this budget, and which lets other requests run before each call. */
  counted(store: Store): Store {
    return {
      ...store,
      read: async (statements) => {
        this.#spend(statements.length + ADDED_STATEMENTS);
        await nextTurn();
        return store.read(statements);
      },
      write: async (statements, options) => {
        this.#spend(statements.length + ADDED_STATEMENTS);
        await nextTurn();
        return store.write(statements, options);
      },
    };
  }

  #spend(statements: number): void {
    this.#spent += statements;
    if (this.#whole !== undefined) this.#whole.#spend(statements);
  }
}

/** The target time of a transaction in milliseconds; other requests wait meanwhile. */
const TRANSACTION_TIME = 100;

/** The size of the next transaction: smaller after a slow one, larger after a fast one. */
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
