import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { atEndOfFile } from '@plinth/testkit/closing';

/** What a page gets of the browser, by `toJSON()`. */
export interface Signature {
  readonly id: string;
  readonly rawId: string;
  readonly response: Readonly<Record<string, string>>;
}

/** A web app on this machine, which asks its browser for passkeys. */
export interface WebApp {
  readonly origin: string;
  create(options: object): Promise<Signature>;
  get(options: object): Promise<Signature>;
}

/** A device that keeps passkeys, as Chromium simulates one (WebDriver, virtual authenticators). */
export interface Device {
  /** A web app of its own origin; all of a device share its passkeys. */
  open(): Promise<WebApp>;
  /** Whether the device can tell that it is its owner who holds it. */
  recognises(owner: boolean): Promise<void>;
  /** Loses all its passkeys; there is room for three (Chromium's `resident_credential_storage`). */
  forget(): Promise<void>;
  /** Sets what a passkey has counted, as of a copy that was made when it had. */
  setCounter(credentialId: string, counter: number): Promise<void>;
}

let browser: Promise<Browser> | undefined;

/** A device of its own, with no passkeys yet. */
export async function newDevice(program: string): Promise<Device> {
  const page = await (await (await browserOf(program)).newContext()).newPage();
  const { cdp, authenticatorId, recognises } = await addAuthenticator(page);
  return {
    open: () => openWebApp(page),
    recognises,
    forget: () => cdp.send('WebAuthn.clearCredentials', { authenticatorId }).then(() => {}),
    setCounter: (id, counter) => setCounter(cdp, authenticatorId, { id, counter }),
  };
}

/** Has a page's browser keep passkeys. */
export async function addAuthenticator(page: Page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    cdp,
    authenticatorId,
    /** Whether the device can tell that it is its owner who holds it. */
    async recognises(isUserVerified: boolean): Promise<void> {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
  };
}

/** One for all devices of a test file. */
function browserOf(program: string): Promise<Browser> {
  if (browser !== undefined) return browser;
  const launched = chromium.launch({ executablePath: program, timeout: 120_000 });
  atEndOfFile(async () => {
    browser = undefined;
    await (await launched).close();
  });
  browser = launched;
  return launched;
}

async function openWebApp(page: Page): Promise<WebApp> {
  const origin = await serveEmptyPage();
  const askBrowser = async (ask: 'create' | 'get', options: object): Promise<Signature> => {
    if (!page.url().startsWith(origin)) await page.goto(origin);
    const parse = ask === 'create' ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON';
    return page.evaluate(`(async () => {
      const publicKey = PublicKeyCredential.${parse}(${JSON.stringify(options)});
      return (await navigator.credentials.${ask}({ publicKey })).toJSON();
    })()`);
  };
  return {
    origin,
    create: (options) => askBrowser('create', options),
    get: (options) => askBrowser('get', options),
  };
}

/** An empty page on a port of its own. */
async function serveEmptyPage(): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A web app</title>');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  atEndOfFile(() => server.close());
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

async function setCounter(
  cdp: CDPSession,
  authenticatorId: string,
  { id, counter }: { readonly id: string; readonly counter: number },
): Promise<void> {
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
  const credentialId = Buffer.from(id, 'base64url').toString('base64');
  const credential = credentials.find((one) => one.credentialId === credentialId);
  if (credential === undefined) throw new Error('the device has no such passkey');
  await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId });
  await cdp.send('WebAuthn.addCredential', {
    authenticatorId,
    credential: { ...credential, signCount: counter },
  });
}
