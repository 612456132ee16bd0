import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Where a name leads, by the machine's own resolver when not said otherwise. */
export type Resolve = (host: string) => Promise<readonly { address: string; family: number }[]>;

export const systemResolve: Resolve = (host) => lookup(host, { all: true });

/** An endpoint lies where nothing may be sent. */
export class RefusedAddress extends Error {}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Networks that are not of the public Internet, by IANA's registry of special purposes; and 168.63.129.16, Azure's own services. */
const reserved = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  reserved.addSubnet(network, prefix);
/** Within 2000::/3: what tunnels to IPv4 addresses, and what is for documents. */
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  reserved.addSubnet(network, prefix, 'ipv6');
/** All of IPv6 that is given out for the Internet: all that lies outside is local, mapped or translated. */
const unicast = new BlockList();
unicast.addSubnet('2000::', 3, 'ipv6');

function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !reserved.check(address);
  return isIP(address) === 6 && unicast.check(address, 'ipv6') && !reserved.check(address, 'ipv6');
}

function isLoopback(address: string): boolean {
  return loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Whether this machine itself may be sent to: in development, where plain HTTP goes nowhere else. */
export interface ReachOptions {
  readonly allowLoopback: boolean;
}

/** Without the brackets of an address, and without the dot at the end of a whole name (RFC 1034, 3.1). */
const hostOf = ({ hostname }: URL) => hostname.replace(/^\[|\]$|\.$/g, '');

function isNamedLocal(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || (isIP(host) !== 0 && isLoopback(host));
}

/** Fault of an endpoint's URL, as far as the URL itself tells; undefined: none. */
export function urlProblem(text: string, { allowLoopback }: ReachOptions): string | undefined {
  if (!URL.canParse(text)) return 'It is no URL.';
  const url = new URL(text);
  const host = hostOf(url);
  const isLocal = allowLoopback && isNamedLocal(host);
  if (url.protocol !== 'https:' && !(isLocal && url.protocol === 'http:'))
    return 'It must begin with https://.';
  if (url.username !== '' || url.password !== '') return 'It must not hold a user name or password.';
  if (url.hash !== '') return 'It must not have a fragment.';
  if (!isLocal && (isNamedLocal(host) || (isIP(host) !== 0 && !isPublic(host))))
    return 'It must lead to an address of the public Internet.';
  return undefined;
}

/**
 * How an endpoint's host is looked up for one connection: every address that it has is checked, one that must not be
 * reached refuses them all, and the connection goes to the very addresses that were checked, even if the name leads elsewhere
 * a moment later. A host that is an address itself is checked here, for it is not looked up. Throws `RefusedAddress`.
 */
export function checkedLookup(url: URL, resolve: Resolve, { allowLoopback }: ReachOptions): LookupFunction {
  const isAllowed = (address: string) =>
    allowLoopback && isLoopback(address) ? true : url.protocol === 'https:' && isPublic(address);
  const check = (address: string) => {
    if (!isAllowed(address)) throw new RefusedAddress(`${url.host} leads to an address that is not public`);
  };
  const host = hostOf(url);
  if (isIP(host) !== 0) check(host);
  return (name, options, callback) => {
    resolve(name)
      .then((found) => {
        const [first] = found;
        if (first === undefined) throw new Error(`${name} has no address`);
        for (const { address } of found) check(address);
        if (options.all === true) callback(null, [...found]);
        else callback(null, first.address, first.family);
      })
      .catch((error: unknown) => callback(error as NodeJS.ErrnoException, '', 0));
  };
}
