/** Texts of a mail. */
export interface Rendered {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A mail, ready to go. */
export interface OutgoingMail {
  readonly id: string;
  /** The same at each try, so that a mail that arrives twice is known as one. */
  readonly messageId: string;
  readonly from: Address;
  /** One bare address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly date: Date;
  readonly attachments: readonly (Attachment & {
    readonly content: Uint8Array;
    /** Its Content-ID, where it is an image that the HTML shows. */
    readonly contentId?: string;
  })[];
}

/** A small file that goes with a mail. */
export interface Attachment {
  /** With its ending: letters, digits, dots, dashes. */
  readonly name: string;
  /** Its media type: `application/json`. */
  readonly type: string;
  readonly content: string | Uint8Array;
}

export interface Address {
  readonly name: string;
  readonly address: string;
}

/**
 * Result of handing a mail over. `refused`: never try again, such an address or mail is not taken; `failed`: later it
 * may be. The reason is a word and figures, never what a server said: that may quote the mail.
 */
export type Delivery =
  | { readonly outcome: 'sent' }
  | { readonly outcome: 'refused' | 'failed'; readonly reason: string };

/** A way for mails out of the house. */
export interface Transport {
  readonly name: 'outbox' | 'smtp' | 'sendgrid';
  /** Hands a mail over, within half a minute; breaks off when the signal ends. */
  deliver(mail: OutgoingMail, signal: AbortSignal): Promise<Delivery>;
  /** Removes what of these mails lies on this machine; without it, nothing does. */
  forget?(ids: readonly string[]): Promise<void>;
  /** Texts of a mail that lies on this machine; undefined: none of this id does. */
  read?(id: string): Promise<Rendered | undefined>;
  /** Whether it can be used now: answers what is right in a few words, throws with what is wrong. */
  check(): Promise<string>;
}

/** Milliseconds that handing over a mail may take in all. */
export const DEADLINE = 30_000;

const ADDRESS = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}@[^\s@<>()[\]\\,;:"\p{Cc}]{1,253}$/u;

/** Whether a text is one bare address, that can be written into a header and an envelope as it is. */
export function isAddress(text: string): boolean {
  return text.length <= 254 && ADDRESS.test(text);
}
