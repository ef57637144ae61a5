//! Turn a question into a grounded reply, or hand over to a person; evaluate that.
