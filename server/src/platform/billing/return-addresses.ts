import { originsAllowed } from '#platform/http';
import { invalidInput } from '#platform/kernel';

export interface ReturnSettings {
  /** Origins of the operator's own pages. */
  readonly origins: readonly string[];
  /** Whether customers are sent back to those alone: the operator has listed them. */
  readonly bindsCustomers: boolean;
}

/** Where pages of a payment provider may send browsers on to, so that no account can send strangers elsewhere through them. */
export interface ReturnAddresses {
  /** Payees are not trusted: only the operator's own pages. Throws `validation_failed`. */
  assertPayee(addresses: Addresses): void;
  /** Where a customer comes back to. */
  assertCustomer(addresses: Addresses): void;
}

/** By the field of the request. */
type Addresses = Readonly<Record<string, string>>;

export function createReturnAddresses(
  { origins, bindsCustomers }: ReturnSettings,
  reachedAt: () => string,
): ReturnAddresses {
  const isListed = originsAllowed(origins);
  const assertPayee = (addresses: Addresses) => {
    for (const [field, address] of Object.entries(addresses)) {
      const { origin, username, password } = new URL(address);
      const isPlain = username === '' && password === '';
      if (isPlain && (isListed(origin) || origin === new URL(reachedAt()).origin)) continue;
      const message = 'This is no page of this server, nor of an origin that CORS_ORIGINS lists.';
      throw invalidInput(`body.${field}`, message);
    }
  };
  return { assertPayee, assertCustomer: bindsCustomers ? assertPayee : () => {} };
}
