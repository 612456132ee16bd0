import { describe, expect, test } from 'vitest';
import { checkedLookup, urlProblem, RefusedAddress } from './address.ts';

const production = { allowLoopback: false };
const development = { allowLoopback: true };

/** The addresses that a connection to a URL would go to, when its name leads there. */
function reachWith(url: string, addresses: readonly string[], reach = production): Promise<string[]> {
  const resolve = async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return new Promise((resolved, reject) => {
    checkedLookup(new URL(url), resolve, reach)(new URL(url).hostname, { all: true }, (error, found) => {
      if (error !== null) reject(error);
      else resolved(Array.isArray(found) ? found.map(({ address }) => address) : [found]);
    });
  });
}

const FORBIDDEN = [
  '127.0.0.1',
  '127.8.9.10',
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '169.254.169.254',
  '169.254.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.168.1.1',
  '198.18.0.1',
  '203.0.113.7',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::a00:1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
];

describe('an endpoint in production', () => {
  test.each(FORBIDDEN)('is not reached at %s, whatever its name', async (address) => {
    await expect(reachWith('https://hooks.example.com/', [address])).rejects.toThrow(RefusedAddress);
  });

  test.each(FORBIDDEN)('does not lie at %s itself', async (address) => {
    const url = `https://${address.includes(':') ? `[${address}]` : address}/`;
    expect(urlProblem(url, production)).toBeDefined();
    expect(() =>
      checkedLookup(new URL(url), () => Promise.reject(new Error('looked up')), production),
    ).toThrow(RefusedAddress);
  });

  test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001:81b::200e'])(
    'is reached at %s',
    async (address) => {
      expect(await reachWith('https://hooks.example.com/', [address])).toEqual([address]);
    },
  );

  test('one forbidden address among its addresses refuses them all', async () => {
    await expect(reachWith('https://hooks.example.com/', ['8.8.8.8', '10.0.0.1'])).rejects.toThrow(
      RefusedAddress,
    );
  });

  test('its connection goes to the addresses that were checked: its name is looked up once', async () => {
    const answers = [['8.8.8.8'], ['127.0.0.1']];
    const looked: string[] = [];
    const resolve = async (host: string) => {
      looked.push(host);
      return (answers.shift() ?? []).map((address) => ({ address, family: 4 }));
    };
    const lookup = checkedLookup(new URL('https://rebinds.example.com/'), resolve, production);
    const address = await new Promise((resolved) => {
      lookup('rebinds.example.com', {}, (_error, found) => resolved(found));
    });
    expect(address).toBe('8.8.8.8');
    expect(looked).toEqual(['rebinds.example.com']);
  });

  test.each([
    'http://hooks.example.com/',
    'ftp://hooks.example.com/',
    'https://user:password@hooks.example.com/',
    'https://hooks.example.com/#part',
    'https://localhost/',
    'https://localhost./',
    'https://api.localhost/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'not a url',
    '',
  ])('%s is no URL for one', (url) => {
    expect(urlProblem(url, production)).toBeDefined();
  });

  test('an ordinary URL is one', () => {
    expect(urlProblem('https://hooks.example.com:8443/plinth?tenant=1', production)).toBeUndefined();
  });
});

describe('an endpoint in development', () => {
  test.each([
    'http://127.0.0.1:4000/hook',
    'http://localhost:4000/hook',
    'http://[::1]:4000/',
    'https://localhost/',
  ])('may lie on this machine: %s', (url) => {
    expect(urlProblem(url, development)).toBeUndefined();
  });

  test.each([
    'http://hooks.example.com/',
    'http://10.0.0.1/',
    'https://10.0.0.1/',
    'https://169.254.169.254/',
  ])('lies nowhere else without TLS, and in no other network: %s', (url) => {
    expect(urlProblem(url, development)).toBeDefined();
  });

  test('plain HTTP goes to no other machine, whatever a local name leads to', async () => {
    await expect(reachWith('http://api.localhost/', ['8.8.8.8'], development)).rejects.toThrow(
      RefusedAddress,
    );
    expect(await reachWith('http://api.localhost/', ['127.0.0.1'], development)).toEqual(['127.0.0.1']);
  });
});
