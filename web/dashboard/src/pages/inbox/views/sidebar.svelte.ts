/** Whether the sidebar lists the views, so that the list need not. */
export const sidebar = $state({ hasViews: false });
