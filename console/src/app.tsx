import { createTheme, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Queries } from './parts/queries.ts';
import { router } from './router.tsx';
import { firstLanguage, keepLanguage, type Language, LanguageContext, loadLanguage } from './text/index.ts';
import { LanguageSwitch } from './text/language-switch.ts';

const theme = createTheme({
  fontFamily: "'Inter Variable', ui-sans-serif, system-ui, sans-serif",
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '15px', xl: '20px' },
  lineHeights: { xs: '16px', sm: '20px', md: '20px', lg: '24px', xl: '28px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '32px' },
  radius: { sm: '4px', md: '4px', lg: '8px' },
  primaryColor: 'accent',
  // The second from the end is used on light, the fourth on dark: both have a contrast above 4.5 on their ground.
  primaryShade: { light: 7, dark: 4 },
  colors: {
    accent: [
      '#e3f1eb',
      '#c5e4d7',
      '#94d2b8',
      '#6ccaa6',
      '#4cc397',
      '#2a9d76',
      '#16805f',
      '#0b6e4f',
      '#095a41',
      '#064331',
    ],
  },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  components: {
    Badge: {
      defaultProps: { size: 'sm', radius: 'sm', tt: 'none', fz: 'xs', fw: 400, variant: 'light' },
    },
    Button: { defaultProps: { size: 'xs', fz: 'sm' } },
    TextInput: { defaultProps: { size: 'xs', withAsterisk: false } },
    PasswordInput: { defaultProps: { size: 'xs', withAsterisk: false } },
    NativeSelect: { defaultProps: { size: 'xs' } },
    Skeleton: { defaultProps: { radius: 'sm' } },
  },
});

const nonce = (): string => document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.nonce ?? '';
// Where the library's lock on scrolling, under a modal, finds it.
Object.assign(globalThis, { __webpack_nonce__: nonce() });

/** Asks again by itself where the network failed, and not where the server refused. */
const queries = new Queries({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 3 && (error as { status?: number }).status === 0,
    },
    // What a person does fails at once without a server: it is not done some time later.
    mutations: { networkMode: 'always' },
  },
});

export function App() {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const change = useMemo(
    () => (next: Language) => {
      keepLanguage(next);
      void loadLanguage(next).then(
        () => {
          document.documentElement.lang = next;
          setLanguage(next);
        },
        // Its file is gone, as after an upgrade of the server.
        () => location.reload(),
      );
    },
    [],
  );
  document.documentElement.lang = language;
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={nonce}>
      <QueryClientProvider client={queries}>
        <LanguageContext value={language}>
          <LanguageSwitch value={change}>
            <RouterProvider router={router} />
          </LanguageSwitch>
        </LanguageContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}
