/** Starts the dashboard: language first, so that no text shows in the wrong one. */
import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { startLanguage } from './i18n/index.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app element.');
await startLanguage();
mount(App, { target });
