import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { SocketWriter } from '#platform/http';
import type { AccountId } from '#platform/kernel';

export const JSON_TYPE = 'application/json; charset=utf-8';
export const PAGE_TYPE = 'text/html; charset=utf-8';

/** An answer as it leaves. */
export interface ReadyAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly type: string;
  readonly text: string | undefined;
}

/** Where the answer of a call goes: an HTTP response, or the last frame of a socket. */
export interface Responder {
  /** Whether an answer was sent, or the handler has taken the response. */
  readonly isSent: boolean;
  /** Whether the handler has taken the response: streams have deadlines of their own. */
  readonly isTaken: boolean;
  /** The status that has gone out; undefined before any answer. */
  readonly status: number | undefined;
  /** Whether nothing more goes out: all was answered, or the client has gone. */
  readonly isClosed: boolean;
  /** Whether the client went away before it had the whole answer. */
  readonly hasHungUp: boolean;
  /** Where the call came by a socket: its frames, and the count of its account's sockets. */
  readonly socket: (SocketWriter & { countFor(accountId: AccountId): void }) | undefined;
  onClose(listener: () => void): void;
  setHeader(name: string, value: string): void;
  /** The connection takes no further request. */
  closeConnection(): void;
  /** Sends an answer, where none was sent before. */
  send(answer: ReadyAnswer): void;
  /** The same of a failure: a response that a handler has taken is cut where it has begun. */
  fail(answer: ReadyAnswer): void;
  /** Hands the response over, with the headers that were set. */
  take(): ServerResponse;
}

/** A class, because one is made for every call: it has no closures. */
export class HttpResponder implements Responder {
  readonly socket = undefined;
  readonly #reply: FastifyReply;
  #isTaken = false;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
  }

  get isSent(): boolean {
    return this.#reply.sent;
  }

  get isTaken(): boolean {
    return this.#isTaken;
  }

  get status(): number | undefined {
    const { raw } = this.#reply;
    // Before any answer Node says 200.
    return raw.headersSent ? raw.statusCode : undefined;
  }

  get isClosed(): boolean {
    return this.#reply.raw.closed;
  }

  get hasHungUp(): boolean {
    const { raw } = this.#reply;
    return raw.closed && !raw.writableFinished;
  }

  onClose(listener: () => void): void {
    this.#reply.raw.once('close', listener);
  }

  setHeader(name: string, value: string): void {
    this.#reply.header(name, value);
  }

  closeConnection(): void {
    const { raw } = this.#reply;
    if (!raw.headersSent) raw.setHeader('connection', 'close');
  }

  send({ status, headers, type, text }: ReadyAnswer): void {
    const reply = this.#reply;
    if (reply.sent) return;
    reply.code(status);
    if (headers !== undefined) reply.headers(headers);
    if (text === undefined) reply.send();
    else reply.type(type).send(text);
  }

  fail(answer: ReadyAnswer): void {
    if (!this.#isTaken) return this.send(answer);
    const { raw } = this.#reply;
    const { status, headers, type, text } = answer;
    if (raw.headersSent) raw.destroy();
    else raw.writeHead(status, { ...headers, 'content-type': type }).end(text);
  }

  take(): ServerResponse {
    this.#isTaken = true;
    const reply = this.#reply;
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    return reply.raw;
  }
}
