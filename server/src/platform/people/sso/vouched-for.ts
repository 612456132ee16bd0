import type { Identified } from '#platform/identity';
import { AppError } from '#platform/kernel';
import { z } from 'zod';
import { domainOf } from './domain-names.ts';

/** Whom a provider names. Whether the address is in a domain of its organization is still to be seen. */
export interface VouchedPerson {
  /** Their id there, for good. */
  readonly subject: string;
  readonly email: string;
  readonly domain: string;
  readonly fullName: string | undefined;
}

/** Google is one issuer for everybody: a private Google account may have any address, an organization's has its `hd`. */
const SHARED_ISSUERS = ['accounts.google.com'];
const CONTROL = /\p{Cc}/u;

/**
 * A provider's word on a person, read as a stranger's. One that says nothing about `email_verified` vouches for the
 * address, for the organization has proven the domain and speaks for its own directory (Entra ID says nothing); one that
 * says no does not. Throws `sso_refused`.
 */
export function vouchedFor(issuer: string, identified: Identified): VouchedPerson {
  const { subject, email = '', emailVerified, hostedDomain, name } = identified;
  const domain = z.email().safeParse(email).success ? domainOf(email) : undefined;
  if (domain === undefined || emailVerified === false || CONTROL.test(subject) || !subject.isWellFormed())
    throw new AppError('sso_refused');
  if (isShared(issuer) && hostedDomain !== domain) throw new AppError('sso_refused');
  return { subject, email, domain, fullName: oneLine(name) };
}

/** By its host: there are many ways to write the same address, and discovery takes them all. */
function isShared(issuer: string): boolean {
  return SHARED_ISSUERS.includes(new URL(issuer).hostname.replace(/\.$/, ''));
}

function oneLine(name = ''): string | undefined {
  const line = name.toWellFormed().replaceAll(/\p{Cc}+/gu, ' ');
  return line.trim().slice(0, 200) || undefined;
}
