import './arrival.ts';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { firstLanguage, loadLanguage } from './text/index.ts';

const place = document.getElementById('console');
if (place !== null) void loadLanguage(firstLanguage()).then(() => createRoot(place).render(<App />));
