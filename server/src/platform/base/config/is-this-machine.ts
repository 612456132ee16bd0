import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Whether a host is reached from this machine alone, as it is written: what another name leads to is not asked. All
 * addresses (0.0.0.0, ::) are reached from elsewhere, in a container too: its loopback is its own. A setting that could not be
 * read has a line of its own, and is none of these.
 */
export function isThisMachine(host: string | undefined): boolean {
  if (host === undefined) return true;
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  const family = isIP(name);
  // RFC 6761, 6.3: names below localhost lead to the loopback.
  if (family === 0) return /^(.+\.)?localhost\.?$/.test(name);
  return LOOPBACK.check(name, family === 6 ? 'ipv6' : 'ipv4');
}
