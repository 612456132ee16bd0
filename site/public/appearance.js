// Runs before the page is drawn, so that a dark page does not flash: what VitePress writes into its pages, for a policy without inline scripts.
const choice = globalThis.localStorage.getItem('vitepress-theme-appearance') || 'auto';
const prefersDark = globalThis.matchMedia('(prefers-color-scheme: dark)').matches;
const classes = globalThis.document.documentElement.classList;
classes.toggle('dark', choice === 'auto' ? prefersDark : choice === 'dark');
classes.toggle('mac', /Mac|iPhone|iPod|iPad/i.test(globalThis.navigator.platform));
