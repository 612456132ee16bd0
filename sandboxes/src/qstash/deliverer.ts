import { backoff, retryAfter } from './durations.ts';
import type { FaultPlan } from './faults.ts';
import { FlowControl } from './flow-control.ts';
import type { Message } from './message.ts';
import type { SigningKeys } from './signing.ts';
import type { Time } from './time.ts';

/** One try to deliver a message, and how it was answered. */
export interface Delivery {
  readonly messageId: string;
  readonly url: string;
  readonly body: string;
  readonly retried: number;
  /** undefined: under way, or no answer came. */
  status: number | undefined;
  answer: string;
}

/** A message that was given up, with the answer to its last try. */
export interface DeadLetter {
  readonly dlqId: string;
  readonly message: Message;
  readonly responseStatus: number;
  readonly responseHeader: Readonly<Record<string, readonly string[]>>;
  readonly responseBody: string;
}

export interface DelivererParts {
  readonly time: Time;
  readonly keys: SigningKeys;
  readonly faults: FaultPlan;
  /** Where a host really is, as name servers and load balancers decide it. */
  readonly reach: (url: string) => string;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const NOBODY: Answer = { status: 0, headers: new Headers(), text: '' };

/** Delivers messages: at their time, as many at once as their flow control allows, again when they were not taken. */
export class Deliverer {
  readonly deliveries: Delivery[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly flowControl = new FlowControl();
  readonly #parts: DelivererParts;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #held: (() => void)[] | undefined;

  constructor(parts: DelivererParts) {
    this.#parts = parts;
  }

  accept(message: Message): void {
    this.#parts.time.after(message.notBefore - this.#parts.time.now(), () => this.#due(message));
  }

  /** Keeps back what is due from now on. */
  hold(): void {
    this.#held ??= [];
  }

  /** Lets go what was kept back, in the order given. */
  release(order: 'as published' | 'reversed'): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const step of order === 'reversed' ? held.toReversed() : held) step();
  }

  /** Delivers a message once more, delivered or not. */
  again(message: Message): Promise<void> {
    return this.#follow(this.#send(message).then(() => {}));
  }

  /** Resolves when no delivery is under way; those that are due later, or kept back, are not waited for. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.idle();
  }

  #due(message: Message): void {
    if (message.state !== 'waiting' || this.#closing.signal.aborted) return;
    if (this.#held !== undefined) {
      this.#held.push(() => this.#due(message));
      return;
    }
    const fault = this.#parts.faults.takeDelivery();
    if (fault?.kind === 'lose') return;
    const times = fault?.kind === 'double' ? (fault.times ?? 2) : 1;
    const go = () =>
      this.flowControl.begin(message.flow, () =>
        this.#attempt(message, { times, isAnswerLost: fault?.kind === 'answer_lost' }),
      );
    this.#parts.time.after(fault?.kind === 'late' ? fault.ms : 0, go);
  }

  #attempt(message: Message, how: { readonly times: number; readonly isAnswerLost: boolean }): void {
    if (message.state !== 'waiting') {
      this.flowControl.end(message.flow);
      return;
    }
    message.state = 'active';
    const sent = Array.from({ length: how.times }, () => this.#send(message));
    void this.#follow(
      Promise.all(sent).then(([answer = NOBODY]) => {
        this.flowControl.end(message.flow);
        if (!this.#closing.signal.aborted) this.#conclude(message, how.isAnswerLost ? NOBODY : answer);
      }),
    );
  }

  async #send(message: Message): Promise<Answer> {
    const { url, body, method, headers, retried } = message;
    const delivery: Delivery = {
      messageId: message.id,
      url,
      body: body.toString('utf8'),
      retried,
      status: undefined,
      answer: '',
    };
    this.deliveries.push(delivery);
    try {
      const response = await fetch(this.#parts.reach(url), {
        method,
        headers: {
          ...headers,
          'user-agent': 'Upstash-QStash',
          'upstash-signature': this.#parts.keys.sign({ url, body }),
          'upstash-message-id': message.id,
          'upstash-retried': String(retried),
          'upstash-caller-ip': message.callerIp,
        },
        ...(method === 'GET' || body.length === 0 ? {} : { body: new Uint8Array(body) }),
        redirect: 'manual',
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(message.timeoutMs)]),
      });
      delivery.answer = await response.text();
      delivery.status = response.status;
      return { status: response.status, headers: response.headers, text: delivery.answer };
    } catch {
      return NOBODY;
    }
  }

  #conclude(message: Message, answer: Answer): void {
    const isRefused = answer.status === 489 && answer.headers.get('upstash-nonretryable-error') === 'true';
    if (answer.status >= 200 && answer.status < 300) message.state = 'delivered';
    else if (isRefused || message.retried >= message.maxRetries) this.#giveUp(message, answer);
    else this.#retry(message, answer);
  }

  #retry(message: Message, answer: Answer): void {
    const { time } = this.#parts;
    const own = message.delayOf?.(message.retried) ?? backoff(message.retried);
    message.state = 'waiting';
    message.retried += 1;
    time.after(retryAfter(answer.headers, time.now()) ?? own, () => this.#due(message));
  }

  #giveUp(message: Message, { status, headers, text }: Answer): void {
    message.state = 'failed';
    this.deadLetters.push({
      dlqId: `dlq_${message.id.slice('msg_'.length)}`,
      message,
      responseStatus: status,
      responseHeader: Object.fromEntries([...headers].map(([name, value]) => [name, [value]])),
      responseBody: text,
    });
  }

  #follow(work: Promise<void>): Promise<void> {
    const followed = work.finally(() => this.#underWay.delete(followed));
    this.#underWay.add(followed);
    return followed;
  }
}
