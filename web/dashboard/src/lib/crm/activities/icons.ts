/** What kind of activity it is, at a glance; the word stands beside it. */
import Bot from '@lucide/svelte/icons/bot';
import Globe from '@lucide/svelte/icons/globe';
import Mail from '@lucide/svelte/icons/mail';
import Phone from '@lucide/svelte/icons/phone';
import SquareCheck from '@lucide/svelte/icons/square-check';
import StickyNote from '@lucide/svelte/icons/sticky-note';
import Users from '@lucide/svelte/icons/users';
import type { Component } from 'svelte';
import type { ActivityType } from '../words';

export const activityIcons: Record<ActivityType, Component<{ class?: string }>> = {
  task: SquareCheck,
  call: Phone,
  email: Mail,
  meeting: Users,
  note: StickyNote,
  chatbot_interaction: Bot,
  website_visit: Globe,
};
