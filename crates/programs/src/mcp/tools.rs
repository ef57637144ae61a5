//! The tools, as clients see them, each with the permission that it needs.

use access::Permission;
use rmcp::handler::server::common::{schema_for_input, schema_for_output};
use rmcp::model::{Tool, ToolAnnotations};
use rmcp::schemars::JsonSchema;

use super::shapes::{
    Added, Answer, ConversationFilter, Conversations, Entries, GapFilter, Gaps, NewPair, Question, Reading,
    Search, Thread,
};

pub fn all() -> Vec<(Permission, Tool)> {
    vec![
        (
            Permission::ReadKnowledge,
            reading(tool::<Search, Entries>(
                "search_knowledge",
                "Search the knowledge",
                "Finds the questions and answers, and the passages of documents and web pages, that come nearest to a \
                 question, by meaning and by words.",
            )),
        ),
        (
            Permission::AskQuestions,
            reading(tool::<Question, Answer>(
                "ask",
                "Ask the bot",
                "Gives the answer that a visitor would get, with its confidence and sources. Nothing is stored and nobody \
                 is notified; a language model may be asked, within the workspace's budget.",
            )),
        ),
        (
            Permission::ReadConversations,
            reading(tool::<ConversationFilter, Conversations>(
                "list_conversations",
                "List conversations",
                "Lists conversations with customers, newest activity first.",
            )),
        ),
        (
            Permission::ReadConversations,
            reading(tool::<Reading, Thread>(
                "read_conversation",
                "Read a conversation",
                "Gives the messages of one conversation, oldest first. It is not marked as read.",
            )),
        ),
        (
            Permission::ReadKnowledge,
            reading(tool::<GapFilter, Gaps>(
                "list_gaps",
                "List open gaps",
                "Lists questions of customers that the knowledge does not answer, the most lately asked first.",
            )),
        ),
        (
            Permission::EditKnowledge,
            tool::<NewPair, Added>(
                "add_qa_pair",
                "Add a question and its answer",
                "Adds a question with its approved answer to the knowledge. It serves at once, unless it is to be a draft or \
                 the workspace publishes by drafts only; `status` tells which.",
            )
            .annotate(
                ToolAnnotations::new()
                    .read_only(false)
                    .destructive(false)
                    .idempotent(false)
                    .open_world(false),
            ),
        ),
    ]
}

pub fn find(name: &str) -> Option<Tool> {
    let mut tools = all().into_iter().map(|(_, tool)| tool);
    tools.find(|tool| tool.name == name)
}

fn tool<I, O>(name: &'static str, title: &'static str, description: &'static str) -> Tool
where
    I: JsonSchema + 'static,
    O: JsonSchema + 'static,
{
    // an input that is no object takes nothing; the test sees that there is none
    let input = schema_for_input::<I>().unwrap_or_default();
    Tool::new_with_raw(name, Some(description.into()), input)
        .with_title(title)
        .with_raw_output_schema(schema_for_output::<O>())
}

fn reading(tool: Tool) -> Tool {
    tool.annotate(ToolAnnotations::new().read_only(true).open_world(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_says_what_it_takes_and_gives() {
        for (_, tool) in all() {
            assert_eq!(tool.input_schema["type"], "object", "{}", tool.name);
            assert!(tool.input_schema["properties"].is_object(), "{}", tool.name);
            assert!(
                tool.output_schema
                    .is_some_and(|schema| schema["type"] == "object")
            );
            assert!(tool.annotations.is_some(), "{}", tool.name);
        }
    }
}
