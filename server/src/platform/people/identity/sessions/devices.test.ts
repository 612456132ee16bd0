import { expect, test } from 'vitest';
import { deviceNameOf } from './devices.ts';

const MOZILLA = 'Mozilla/5.0';
const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

test.each([
  [`${MOZILLA} (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0`, 'Firefox on Windows'],
  [
    `${MOZILLA} (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0`,
    'Edge on Windows',
  ],
  [
    `${MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/130.0.0.0 Safari/537.36`,
    'Chrome on Mac',
  ],
  [
    `${MOZILLA} (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${WEBKIT} Version/18.0 Mobile/15E148 Safari/604.1`,
    'Safari on iPhone',
  ],
  [`${MOZILLA} (Linux; Android 14) ${WEBKIT} Chrome/130.0.0.0 Mobile Safari/537.36`, 'Chrome on Android'],
  [`${MOZILLA} (X11; Linux x86_64) ${WEBKIT} Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0`, 'Opera on Linux'],
  ['curl/8.5.0', 'curl'],
  ['Reel-App/3.2 (iPhone; iOS 18.0)', 'iPhone'],
  ['', 'An unknown device'],
  [`${MOZILLA} (compatible)`, 'An unknown device'],
])('the user agent %s is called %s', (userAgent, name) => {
  expect(deviceNameOf(userAgent)).toBe(name);
});

test.each(['evil.example/pay-here', '<b>you</b>/1', 'call +1 555 0100/1', `${'x'.repeat(40)}/1`])(
  'no words of a stranger become the name of a device: %s',
  (userAgent) => {
    expect(deviceNameOf(userAgent)).toBe('An unknown device');
  },
);
