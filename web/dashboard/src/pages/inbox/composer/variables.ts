/** Fills `{{contact.first_name}}` and its like in a saved reply. Pure. What is not known leaves no hole behind. */
export interface Known {
  contact: string;
  agent: string;
  business: string;
}

export function fillVariables(text: string, { contact, agent, business }: Known): string {
  const values: Record<string, string> = {
    'contact.name': contact,
    'contact.first_name': contact.split(/\s+/)[0] ?? '',
    'agent.name': agent,
    'business.name': business,
  };
  return text
    .replace(/[ \t]*\{\{\s*([\w.]+)\s*\}\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      const space = /^[ \t]*/.exec(whole)?.[0] ?? '';
      return value ? space + value : '';
    })
    .trim();
}
