/** A sandbox that was started from a terminal. */
export interface StartedSandbox {
  /** What a program under test is told, by the names that vendors give it where they have any. */
  readonly settings: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly port: number;
  /** Only for Stripe and S3: where it keeps what it knows. */
  readonly file?: string | undefined;
  /** Only for the stores: where notifications go. */
  readonly notify?: string | undefined;
}

/** Who signs Google's pushes. */
const PUSH_ACCOUNT = 'play-push@sandbox.iam.gserviceaccount.com';

/** Each is loaded when it is asked for. */
export const STARTS: Readonly<Record<string, (options: StartOptions) => Promise<StartedSandbox>>> = {
  async openai({ port }) {
    const { createOpenAISandbox } = await import('./openai/index.ts');
    const { url, apiKey, close } = await createOpenAISandbox({ port });
    return { settings: { OPENAI_BASE_URL: url, OPENAI_API_KEY: apiKey }, close };
  },
  async stripe({ port, file }) {
    const { createStripeSandbox } = await import('./stripe/index.ts');
    const { url, secretKey, close } = await createStripeSandbox({ port, file });
    return { settings: { STRIPE_API_URL: url, STRIPE_SECRET_KEY: secretKey }, close };
  },
  async 'app-store'({ port, notify }) {
    const { createAppStoreSandbox } = await import('./app-store/index.ts');
    const { url, app, key, root, notifyAt, close } = await createAppStoreSandbox({ port });
    notifyAt(notify);
    const settings = {
      APP_STORE_API_URL: url,
      APP_STORE_BUNDLE_ID: app.bundleId,
      APP_STORE_APP_ID: String(app.appId),
      APP_STORE_KEY_ID: key.keyId,
      APP_STORE_ISSUER_ID: key.issuerId,
      APP_STORE_PRIVATE_KEY: onOneLine(key.pem),
      APP_STORE_ROOT_CERTIFICATE: onOneLine(root),
    };
    return { settings, close };
  },
  async 'google-play'({ port, notify }) {
    const { createGooglePlaySandbox } = await import('./google-play/index.ts');
    const pushTo = notify === undefined ? undefined : { url: notify, audience: notify, email: PUSH_ACCOUNT };
    const { url, packageName, serviceAccount, close } = await createGooglePlaySandbox({
      port,
      plans: SOLD,
      pushTo,
    });
    const settings = {
      GOOGLE_PLAY_API_URL: url,
      GOOGLE_PLAY_PACKAGE: packageName,
      GOOGLE_PLAY_SERVICE_ACCOUNT: serviceAccount,
      GOOGLE_PLAY_PUSH_ACCOUNT: PUSH_ACCOUNT,
      ...(notify === undefined ? {} : { GOOGLE_PLAY_PUSH_AUDIENCE: notify }),
    };
    return { settings, close };
  },
  async openid({ port }) {
    const { createOpenIdSandbox } = await import('./openid/index.ts');
    const { url, clientId, clientSecret, close } = await createOpenIdSandbox({ port });
    return { settings: { ISSUER: url, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret }, close };
  },
  async github({ port }) {
    const { createGitHubSandbox } = await import('./github/index.ts');
    const { url, clientId, clientSecret, close } = await createGitHubSandbox({ port });
    const settings = {
      GITHUB_URL: url,
      GITHUB_API_URL: url,
      GITHUB_CLIENT_ID: clientId,
      GITHUB_CLIENT_SECRET: clientSecret,
    };
    return { settings, close };
  },
  async qstash({ port }) {
    const { createQStashSandbox } = await import('./qstash/index.ts');
    const { url, token, keys, close } = await createQStashSandbox({ port });
    const signing = { QSTASH_CURRENT_SIGNING_KEY: keys.current, QSTASH_NEXT_SIGNING_KEY: keys.next };
    return { settings: { QSTASH_URL: url, QSTASH_TOKEN: token, ...signing }, close };
  },
  async s3({ port, file }) {
    const { createS3Sandbox } = await import('./s3/index.ts');
    const { url, region, credentials, close } = await createS3Sandbox({ port, file });
    const settings = {
      S3_ENDPOINT: url,
      S3_BUCKET: 'sandbox',
      S3_REGION: region,
      S3_ACCESS_KEY_ID: credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      S3_FORCE_PATH_STYLE: 'true',
    };
    return { settings, close };
  },
  async sendgrid({ port }) {
    const { createSendGridSandbox } = await import('./sendgrid/index.ts');
    const { url, apiKey, close } = await createSendGridSandbox({ port });
    return { settings: { SENDGRID_URL: url, SENDGRID_API_KEY: apiKey }, close };
  },
  async qdrant({ port }) {
    const { createQdrantSandbox } = await import('./qdrant/index.ts');
    const { url, apiKey, close } = await createQdrantSandbox({ port });
    return { settings: { QDRANT_URL: url, QDRANT_API_KEY: apiKey }, close };
  },
  async pinecone({ port }) {
    const { createPineconeSandbox } = await import('./pinecone/index.ts');
    const { url, apiKey, index, close } = await createPineconeSandbox({ port });
    return { settings: { PINECONE_URL: url, PINECONE_API_KEY: apiKey, PINECONE_INDEX: index }, close };
  },
  async captcha({ port }) {
    const { createCaptchaSandbox } = await import('./captcha/index.ts');
    const { url, secret, siteKey, close } = await createCaptchaSandbox({ port });
    return {
      settings: { CAPTCHA_VERIFY_URL: url, CAPTCHA_SECRET: secret, CAPTCHA_SITE_KEY: siteKey },
      close,
    };
  },
};

/** What Google Play sells when a terminal started it: `pro`, by the month and by the year. */
const SOLD = (['P1M', 'P1Y'] as const).map((period) => ({
  productId: 'pro',
  basePlanId: period === 'P1M' ? 'monthly' : 'yearly',
  period,
  priceMicros: period === 'P1M' ? 9_990_000 : 99_900_000,
  currency: 'USD',
  graceDays: 7,
  holdDays: 30,
}));

/** PEM, as a line of an environment file. */
const onOneLine = (pem: string) => pem.trim().replaceAll('\n', String.raw`\n`);
