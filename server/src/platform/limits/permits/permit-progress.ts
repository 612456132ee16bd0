import { AppError } from '#platform/kernel';

/** How far a permit's holder has come with it: whether a provider call is under way, and what ends it. */
export class PermitProgress {
  /** Its holder has ended it here: no further provider call goes out under it. */
  isOver = false;
  /** Its end, or a statement of it, was asked for, or it was handed to a job or a backend. */
  isHandled = false;
  /** A provider has served one of its calls. */
  isServed = false;
  isCalling = false;
  readonly #waiting: (() => void)[] = [];

  /** Throws `permit_stale` when the permit is over: its ledger is closed, and no account would pay for the call. */
  assertOpen(): void {
    if (this.isOver) throw new AppError('permit_stale');
  }

  begin(): void {
    this.isCalling = true;
  }

  /** The call that was under way has an outcome, or never went out. */
  done(): void {
    this.isCalling = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** With this statement the permit's end, or its next holder, is up to the caller who runs it. */
  markHandled<Made>(statement: Made): Made {
    this.isHandled = true;
    return statement;
  }

  /** No further call, from now on. */
  end(): void {
    this.isOver = true;
    this.isHandled = true;
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    return this.isCalling ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }
}
