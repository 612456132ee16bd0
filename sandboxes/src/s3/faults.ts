import type { S3ErrorCode } from './refusal.ts';

/** What a call meets in place of the truth; `of` waits for a call of that name, as PutObject. */
export type Fault =
  /** Refuses, before anything is done: SlowDown, InternalError, AccessDenied … */
  | { readonly kind: 'refuse'; readonly code: S3ErrorCode; readonly of?: string }
  /** Cuts the connection before anything is done. */
  | { readonly kind: 'reset'; readonly of?: string }
  /** Does it, and cuts the connection in place of an answer. */
  | { readonly kind: 'lost'; readonly of?: string }
  /** Cuts the connection after so many bytes of the answer. */
  | { readonly kind: 'cut'; readonly after: number; readonly of?: string }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang'; readonly of?: string }
  /** Answers after so many milliseconds. */
  | { readonly kind: 'slow'; readonly ms: number; readonly of?: string };

/** Which fault meets which call. */
export class Faults {
  #next: Fault[] = [];
  #always: Fault | undefined;

  /** Queues faults: each meets one call, in order. */
  next(...faults: readonly Fault[]): void {
    this.#next.push(...faults);
  }

  /** A fault for every call that none of the queue meets, until told otherwise. */
  always(fault: Fault | undefined): void {
    this.#always = fault;
  }

  clear(): void {
    this.#next = [];
    this.#always = undefined;
  }

  /** The fault that a call meets; one from the queue is used up by it. */
  take(name: string): Fault | undefined {
    const meets = (fault: Fault | undefined) => fault !== undefined && (fault.of ?? name) === name;
    const place = this.#next.findIndex(meets);
    if (place >= 0) return this.#next.splice(place, 1)[0];
    return meets(this.#always) ? this.#always : undefined;
  }
}
