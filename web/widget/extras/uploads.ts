/** The paper clip: a file is uploaded and sent as a message of its own. */
import { activeExchange } from '../state.ts';
import { build, iconButton } from '../view/dom.ts';
import { icon } from '../view/icons.ts';
import type { ExtrasContext } from './main.ts';

/** The same as on the server, which has the last word. */
const LARGEST = 10 * 1024 * 1024;
const CLIP =
  'M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 5 5l-8.500 8.500a1.700 1.700 0 0 1-2.500-2.500L15 7';

export function addUploads(context: ExtrasContext): { update(): void } {
  const { panel, chat, own, announce } = context;
  const composer = panel.querySelector('.composer');
  const field = build('input', { type: 'file', hidden: true, tabindex: -1, onchange: take });
  const clip = iconButton('send', own.attach, () => field.click());
  const picture = icon('send');
  picture.firstElementChild?.setAttribute('d', CLIP);
  clip.replaceChildren(picture);
  clip.classList.add('clip');
  composer?.prepend(clip, field);
  const status = build('div', { class: 'upload', hidden: true });
  composer?.before(status);
  /** Uploaded, and sent as soon as nothing else is on its way. */
  let waiting: string | undefined;

  function take(): void {
    const [file] = field.files ?? [];
    field.value = '';
    if (file) void upload(file);
  }

  async function upload(file: File): Promise<void> {
    const named = (text: string) => text.replace('{name}', file.name);
    if (file.size > LARGEST) return fail(named(own.tooLarge));
    say(named(own.sending));
    clip.disabled = true;
    try {
      const path = `/uploads?filename=${encodeURIComponent(file.name)}`;
      ({ id: waiting } = await chat.post<{ id: string }>(path, file));
      status.hidden = true;
      update();
    } catch (error) {
      const { detail } = error as { detail?: string };
      fail(detail || named(own.notSent));
    }
    clip.disabled = false;
  }

  function say(text: string): void {
    status.replaceChildren(build('span', { dir: 'auto' }, text));
    status.className = 'upload';
    status.hidden = false;
    announce(text);
  }

  function fail(text: string): void {
    say(text);
    status.classList.add('failed');
    const dismiss = () => {
      status.hidden = true;
      clip.focus();
    };
    status.append(build('button', { onclick: dismiss }, own.dismiss));
  }

  function update(): void {
    if (!waiting || activeExchange(chat.state)) return;
    if (chat.ask('', waiting)) waiting = undefined;
  }

  return { update };
}
