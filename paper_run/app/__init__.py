"""The use cases: a day, a mark, what a person says, mails, the doctor."""
