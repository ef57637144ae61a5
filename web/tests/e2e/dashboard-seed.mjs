// A morning in the inbox of a furniture shop.

const people = [
  ['Oliver Hughes', 'I would like to talk to a human please.', 1],
  ['Amina Benali', 'Le lien de paiement ne fonctionne pas sur mon téléphone.', 2],
  ['Jonas Weber', 'Is the delivery insured?', 4],
  ['Sofia Rossi', 'How do I care for an oiled table top?', 5],
  ['Léo Girard', 'Is there a discount for two chairs?', 6],
  ['Priya Nair', 'Can I change my booking to Saturday morning?', 8],
  ['Marta Kowalska', 'Est-ce que vous proposez un essai gratuit ?', 10],
  ['Youssef Haddad', 'Thanks, that solved it!', 11],
  ['Emma Dubois', 'What is your refund policy for opened items?', 13],
  [null, 'Do you ship to Belgium, and how long does it take?', 15],
];

const answer = (changes) => ({
  id: '00000000-0000-7000-8000-000000000001',
  text: '',
  confidence: 0.93,
  sources: [],
  suggestion_chips: [],
  gap_detected: false,
  escalation_offered: false,
  matched_qa_ids: [],
  feedback: null,
  actions: [],
  ...changes,
});

/** Fills a workspace. Returns the conversation and the gap that the tests open. */
export function seed(workspace) {
  for (const [name, text, minutesAgo] of people) {
    const waits = name === 'Oliver Hughes';
    const conversation = workspace.addConversation({
      name,
      minutesAgo: minutesAgo + 30,
      ...(waits && { status: 'escalated', needs_person: true, ai_paused: true }),
    });
    workspace.addMessage(conversation, 'user', text, { minutesAgo });
    if (minutesAgo > 4) conversation.unread_count = 0;
  }
  for (let index = 0; index < 200; index += 1) {
    const conversation = workspace.addConversation({
      name: `Visitor ${index}`,
      status: 'resolved',
    });
    workspace.addMessage(conversation, 'user', 'A question of last week', {
      minutesAgo: 9_000 + index,
    });
    conversation.unread_count = 0;
  }
  const conversation = seedThread(workspace);
  workspace.addPair('Do you ship to Belgium?', 'Yes, **3 to 5 working days** for €12.', {
    category: 'Delivery',
  });
  workspace.addPair('Livrez-vous le samedi ?', 'Oui, sur rendez-vous.', {
    language: 'fr',
    category: 'Livraison',
  });
  workspace.addPair('Do you sell gift cards?', 'Not any more.', { is_active: false });
  workspace.addGap('Can I rent a desk for an event?', { times_asked: 2 });
  const gap = workspace.addGap('Do you ship to Iceland?', {
    times_asked: 7,
    conversation_id: conversation.id,
    ai_answer: 'I am not sure about Iceland. Would you like to ask a person?',
  });
  return { conversation, gap };
}

function seedThread(workspace) {
  const conversation = workspace.addConversation({
    name: 'Camille Laurent',
    email: 'camille@exemple.example',
    status: 'escalated',
    needs_person: true,
    ai_paused: true,
    language: 'fr',
    minutesAgo: 1_500,
    page_url: 'https://shop.example/checkout/4812',
    escalation: {
      id: '00000000-0000-7000-8000-000000000002',
      reason: 'visitor_asked',
      summary:
        'Wants the delivery address of order 4812 changed to Brussels before it ships tomorrow at 08:00.',
      status: 'pending',
      created_at: new Date(Date.now() - 7 * 60_000).toISOString(),
    },
  });
  const add = (sender, text, minutesAgo, changes) =>
    workspace.addMessage(conversation, sender, text, { minutesAgo, ...changes });
  add('user', 'Hello, is the walnut desk in stock?', 1_500);
  add('ai', 'Yes, the walnut desk is made to order in four weeks.', 1_500, {
    answer: answer({
      confidence: 0.71,
      feedback: 'up',
      sources: [{ kind: 'qa', title: 'Is it in stock?', url: null }],
    }),
  });
  add(
    'user',
    'Hi! I ordered the walnut desk last week (order 4812). Do you ship to Belgium, and can I change the delivery address?',
    12,
  );
  add(
    'ai',
    'Yes, we ship to Belgium. Standard delivery takes **3 to 5 working days** and costs €12.\n\nYou can change the address until the parcel leaves our warehouse:\n\n1. Open *My orders*\n2. Choose order 4812\n3. Select **Edit delivery**',
    12,
    {
      answer: answer({
        sources: [
          { kind: 'qa', title: 'Shipping & delivery', url: 'https://shop.example/shipping' },
          { kind: 'passage', title: 'Editing an order', url: null },
        ],
      }),
    },
  );
  add('user', 'It says the order is locked. Could someone change it for me?', 9);
  add('ai', 'I cannot see single orders. Shall I hand this over to a person?', 9, {
    answer: answer({
      confidence: 0.34,
      gap_detected: true,
      escalation_offered: true,
      feedback: 'down',
    }),
  });
  add('system', 'The AI handed over: the visitor asked for a person.', 7);
  add(
    'agent',
    'Hello Camille, Sarah here. I can change it for you. Which address should we deliver to?',
    5,
    { sender_name: 'Sarah' },
  );
  add('user', 'Rue de la Loi 16, Brussels. Thank you!', 0);
  return conversation;
}
